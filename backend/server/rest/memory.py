"""The system shared memory extension over REST."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from backend.core.errors import Unsupported
from backend.server.memory import NO_CUDA, Region, SharedMemory, cuda_regions
from backend.server.plane import NO_SHARED_MEMORY, ServerContext
from backend.server.rest.edge import RestEdge
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import JSON
from backend.wire.json.text import write_json
from backend.wire.oip.metadata_json import count, read_object, text

_GROUP = "shared memory"
_ROOT = "/v2/systemsharedmemory"
_REGION = f"{_ROOT}/region/{{region}}"
_CUDA = "/v2/cudasharedmemory"
_CUDA_REGION = f"{_CUDA}/region/{{region}}"


def memory_routes(server_context: ServerContext, edge: RestEdge) -> list[DescribedRoute]:
    """Status, register and unregister, of one region and of all; CUDA memory never has a region."""
    memory = _Memory(server_context, edge)
    ends = []
    for path, which in ((_ROOT, "every region"), (_REGION, "a region")):
        ends += [
            DescribedRoute(
                "GET",
                f"{path}/status",
                memory.status,
                _GROUP,
                f"What {which} is",
                gives={JSON: "Regions"},
            ),
            DescribedRoute(
                "POST",
                f"{path}/unregister",
                memory.unregister,
                _GROUP,
                f"Forget {which}",
            ),
        ]
    ends.append(
        DescribedRoute(
            "POST",
            f"{_REGION}/register",
            memory.register,
            _GROUP,
            "Register a part of a POSIX shared memory object",
            takes={JSON: "RegisterRegion"},
            body_required=True,
        )
    )
    ends.append(
        DescribedRoute("POST", f"{_CUDA_REGION}/register", memory.cuda_register, _GROUP, NO_CUDA)
    )
    for path in (_CUDA, _CUDA_REGION):
        ends += [
            DescribedRoute(
                "GET", f"{path}/status", memory.cuda_status, _GROUP, "There is no region"
            ),
            DescribedRoute(
                "POST", f"{path}/unregister", memory.cuda_unregister, _GROUP, "Does nothing"
            ),
        ]
    return ends


class _Memory:
    """One method per action."""

    def __init__(self, server_context: ServerContext, edge: RestEdge) -> None:
        self._server_context = server_context
        self._edge = edge

    async def status(self, request: Request) -> Response:
        regions = [
            {
                "name": region.name,
                "key": region.key,
                "offset": region.offset,
                "byte_size": region.byte_size,
            }
            for region in self._memory.status(request.path_params.get("region", ""))
        ]
        return self._edge.about(write_json(regions))

    async def register(self, request: Request) -> Response:
        memory = self._memory
        body = read_object(await self._edge.body(request), "A register request")
        memory.register(
            Region(
                request.path_params["region"],
                text(body, "key"),
                count(body, "offset", 0),
                count(body, "byte_size"),
            )
        )
        return Response()

    async def unregister(self, request: Request) -> Response:
        memory = self._memory
        name = request.path_params.get("region", "")
        if name:
            memory.unregister(name)
        else:
            memory.unregister_all()
        return Response()

    async def cuda_status(self, request: Request) -> Response:
        return self._edge.about(write_json(cuda_regions(request.path_params.get("region", ""))))

    async def cuda_register(self, _request: Request) -> Response:
        raise Unsupported(NO_CUDA)

    async def cuda_unregister(self, _request: Request) -> Response:
        return Response()

    @property
    def _memory(self) -> SharedMemory:
        if self._server_context.memory is None:
            raise Unsupported(NO_SHARED_MEMORY)
        return self._server_context.memory
