"""The repository, configuration and statistics extensions over gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.errors import InvalidInput, Unsupported
from backend.server.grpc.edge import Answer, CallNote
from backend.server.plane import ServerContext, load_terms, model_config
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.protobuf.fields import parse


def model_methods(server_context: ServerContext) -> dict[str, Answer]:
    """Configuration, statistics and the repository of models."""
    models = _Models(server_context)
    return {
        "ModelConfig": models.config,
        "ModelStatistics": models.statistics,
        "RepositoryIndex": models.index,
        "RepositoryModelLoad": models.load,
        "RepositoryModelUnload": models.unload,
    }


class _Models:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, server_context: ServerContext) -> None:
        self._plane = server_context.plane

    async def config(self, data: bytes, note: CallNote) -> bytes:
        request = parse(pb.ModelConfigRequest, data)
        note.model = request.name
        config = model_config(self._plane.model(request.name, request.version))
        return pb.ModelConfigResponse(config=config).SerializeToString()

    async def statistics(self, data: bytes, note: CallNote) -> bytes:
        request = parse(pb.ModelStatisticsRequest, data)
        note.model = request.name
        await self._plane.refresh(request.name)
        found = self._plane.statistics(request.name, request.version)
        return pb.ModelStatisticsResponse(
            model_stats=[model.statistics for model in found]
        ).SerializeToString()

    async def index(self, data: bytes, _note: CallNote) -> bytes:
        request = parse(pb.RepositoryIndexRequest, data)
        _check_repository(request.repository_name)
        return pb.RepositoryIndexResponse(
            models=[
                pb.RepositoryIndexResponse.ModelIndex(
                    name=entry.name,
                    version=entry.version,
                    state=entry.state,
                    reason=entry.reason,
                )
                for entry in self._plane.index()
                if entry.state == "READY" or not request.ready
            ]
        ).SerializeToString()

    async def load(self, data: bytes, note: CallNote) -> bytes:
        request = parse(pb.RepositoryModelLoadRequest, data)
        note.model = request.model_name
        _check_repository(request.repository_name)
        terms = load_terms(_values(request.parameters))
        await self._plane.load(request.model_name, terms)
        return pb.RepositoryModelLoadResponse().SerializeToString()

    async def unload(self, data: bytes, note: CallNote) -> bytes:
        request = parse(pb.RepositoryModelUnloadRequest, data)
        note.model = request.model_name
        _check_repository(request.repository_name)
        dependents = _values(request.parameters).get("unload_dependents", False)
        if not isinstance(dependents, bool):
            raise InvalidInput("'unload_dependents' must be true or false.")
        await self._plane.unload(request.model_name, dependents=dependents)
        return pb.RepositoryModelUnloadResponse().SerializeToString()


def _check_repository(name: str) -> None:
    if name:
        raise Unsupported("'repository_name' specification is not supported")


def _values(parameters: Mapping[str, pb.ModelRepositoryParameter]) -> dict[str, Any]:
    return {
        name: getattr(parameter, choice)
        for name, parameter in parameters.items()
        if (choice := parameter.WhichOneof("parameter_choice")) is not None
    }
