"""The logging and trace extensions over gRPC."""

from __future__ import annotations

from collections.abc import Mapping

from backend.core.errors import InvalidInput
from backend.server.grpc.edge import Answer, CallNote
from backend.server.plane import ServerContext
from backend.server.settings import LogValue
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.protobuf.fields import parse


def settings_methods(server_context: ServerContext) -> dict[str, Answer]:
    """Read and change the settings of the log and of tracing."""
    settings = _Settings(server_context)
    return {"LogSettings": settings.log, "TraceSetting": settings.trace}


class _Settings:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, server_context: ServerContext) -> None:
        self._server_context = server_context

    async def log(self, data: bytes, _note: CallNote) -> bytes:
        request = parse(pb.LogSettingsRequest, data)
        self._server_context.log.update(_values(request.settings))
        reply = pb.LogSettingsResponse()
        for name, value in self._server_context.log.values().items():
            setting = reply.settings[name]
            if isinstance(value, bool):
                setting.bool_param = value
            elif isinstance(value, int):
                setting.uint32_param = value
            else:
                setting.string_param = value
        return reply.SerializeToString(deterministic=True)

    async def trace(self, data: bytes, note: CallNote) -> bytes:
        request = parse(pb.TraceSettingRequest, data)
        note.model = request.model_name
        if request.model_name:
            self._server_context.plane.model(request.model_name)
        given = {name: tuple(value.value) for name, value in request.settings.items()}
        self._server_context.trace.update(given, request.model_name)
        reply = pb.TraceSettingResponse()
        for name, values in self._server_context.trace.values(request.model_name).items():
            reply.settings[name].value.extend(values)
        return reply.SerializeToString(deterministic=True)


def _values(settings: Mapping[str, pb.LogSettingsRequest.SettingValue]) -> dict[str, LogValue]:
    found: dict[str, LogValue] = {}
    for name, value in settings.items():
        choice = value.WhichOneof("parameter_choice")
        if choice is None:
            raise InvalidInput(f"Log setting '{name[:40]}' has no value.")
        found[name] = getattr(value, choice)
    return found
