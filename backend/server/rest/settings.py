"""The logging and trace extensions over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backend.core.errors import InvalidInput
from backend.server.plane import ServerContext
from backend.server.rest.edge import RestEdge
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import JSON
from backend.wire.json.text import kind_of, write_json
from backend.wire.oip.metadata_json import read_object

_LOGGING, _TRACE = "/v2/logging", "/trace/setting"


def settings_endpoints(server_context: ServerContext, edge: RestEdge) -> list[DescribedRoute]:
    """Read and change the settings of the log and of tracing."""
    settings = _Settings(server_context, edge)
    log, trace = {JSON: "LogSettings"}, {JSON: "TraceSettings"}
    ends = [
        DescribedRoute("GET", _LOGGING, settings.log, "logging", "What the log shows", gives=log),
        DescribedRoute(
            "POST", _LOGGING, settings.set_log, "logging", "Change that", takes=log, gives=log
        ),
    ]
    for path, whose in ((f"/v2{_TRACE}", ""), (f"/v2/models/{{model}}{_TRACE}", " of a model")):
        ends += [
            DescribedRoute(
                "GET", path, settings.trace, "trace", f"Trace settings{whose}", gives=trace
            ),
            DescribedRoute(
                "POST",
                path,
                settings.set_trace,
                "trace",
                f"Keep trace settings{whose}; nothing is traced",
                takes=trace,
                gives=trace,
            ),
        ]
    return ends


class _Settings:
    """One method per action."""

    def __init__(self, server_context: ServerContext, edge: RestEdge) -> None:
        self._server_context = server_context
        self._edge = edge

    async def log(self, _request: Request) -> Response:
        return self._edge.about(write_json(self._server_context.log.values()))

    async def set_log(self, request: Request) -> Response:
        body = read_object(await self._edge.body(request), "A request for log settings")
        for name, value in body.items():
            if not isinstance(value, bool | int | str):
                raise InvalidInput(f"Log setting '{name[:40]}' must not be {kind_of(value)}.")
        self._server_context.log.update(body)
        return await self.log(request)

    async def trace(self, request: Request) -> Response:
        values = self._server_context.trace.values(self._traced_model(request))
        # Only of levels there might be several.
        body = {
            name: list(given) if name == "trace_level" else given[0]
            for name, given in values.items()
        }
        return self._edge.about(write_json(body))

    async def set_trace(self, request: Request) -> Response:
        model = self._traced_model(request)
        body = read_object(await self._edge.body(request), "A request for trace settings")
        self._server_context.trace.update(
            {name: _texts(name, value) for name, value in body.items()}, model
        )
        return await self.trace(request)

    def _traced_model(self, request: Request) -> str:
        """The model in the path, '' for the server; raises NotFound."""
        name: str = request.path_params.get("model", "")
        if name:
            self._server_context.plane.model(name)
        return name


def _texts(name: str, value: Any) -> Sequence[str]:
    """The values of a setting; null has none."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    for one in values:
        if not isinstance(one, str):
            raise InvalidInput(
                f"Trace setting '{name[:40]}' must be a string or a list of strings, "
                f"got {kind_of(one)}."
            )
    return values
