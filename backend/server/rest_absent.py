"""Extensions that are known and not offered: they say so, instead of being no route at all."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from backend.core.errors import Unsupported
from backend.server.absent import NO_CUDA, NO_LOGGING, NO_TRACE
from backend.server.rest_endpoints import Answer, Endpoint

_GROUP = "not supported"
_CUDA = "/v2/cudasharedmemory"


def absent_endpoints() -> list[Endpoint]:
    """Tracing, log settings and CUDA memory; there is never a region of that to forget."""
    refused = [
        *((verb, "/v2/logging", NO_LOGGING) for verb in ("GET", "POST")),
        *((verb, "/v2/trace/setting", NO_TRACE) for verb in ("GET", "POST")),
        *((verb, "/v2/models/{model}/trace/setting", NO_TRACE) for verb in ("GET", "POST")),
        ("GET", f"{_CUDA}/status", NO_CUDA),
        ("GET", f"{_CUDA}/region/{{region}}/status", NO_CUDA),
        ("POST", f"{_CUDA}/region/{{region}}/register", NO_CUDA),
    ]
    nothing_there = [f"{_CUDA}/unregister", f"{_CUDA}/region/{{region}}/unregister"]
    return [
        *(Endpoint(verb, path, _refusal(why), _GROUP, why) for verb, path, why in refused),
        *(
            Endpoint("POST", path, _done, _GROUP, "Does nothing: no CUDA memory is registered")
            for path in nothing_there
        ),
    ]


def _refusal(why: str) -> Answer:
    async def refuse(_request: Request) -> Response:
        raise Unsupported(why)

    return refuse


async def _done(_request: Request) -> Response:
    return Response()
