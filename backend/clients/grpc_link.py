"""A gRPC connection with the codec for its calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from backend.clients.calls import Call, Codec, GrpcCall
from backend.clients.codecs import make_codec
from backend.clients.grpc_channel import GrpcChannel
from backend.core.choices import Api, Compression, RunSettings
from backend.core.errors import ConsoleError, PayloadTooLarge, RequestError, UsageError
from backend.core.inference import TIMING_EXTENSION
from backend.profiles.profile import ModelProfile
from backend.wire.generated.open_inference_pb2 import ServerMetadataResponse

_CONNECT_DEADLINE_S = 3.0
_SERVER_METADATA = "/inference.GRPCInferenceService/ServerMetadata"


class GrpcLink:
    """Speaks to the target's gRPC address, in single calls or a stream; see `link.Link`."""

    def __init__(self, settings: RunSettings, profile: ModelProfile) -> None:
        if not settings.target.grpc:
            raise UsageError(
                f"Target '{settings.target.name}' has no gRPC address.",
                hint="Switch gRPC on, give an address, or choose REST.",
            )
        self._settings = settings
        self._profile = profile
        self._channel = GrpcChannel(
            settings.target.grpc,
            message_limit=settings.message_limit,
            loopback=settings.target.loopback,
        )
        self.codec: Codec = make_codec(settings, profile, timing_extension=False)

    def connect(self) -> None:
        """Wait for the connection and ask what the server offers; raises TargetUnreachable."""
        self._channel.wait_ready(min(_CONNECT_DEADLINE_S, self._settings.deadline_s))
        timing = self._settings.api is Api.OIP and self._reports_timing()
        self.codec = make_codec(self._settings, self._profile, timing_extension=timing)

    def call(self, call: Call) -> tuple[bytes, int]:
        """One call with the run's deadline."""
        assert isinstance(call, GrpcCall)
        self.check_size(call.message)
        reply = self._channel.unary(
            self.codec.unary_method,
            call.message,
            deadline_s=self._settings.deadline_s,
            compression=self._settings.payload.compression,
        )
        return reply, len(reply)

    def stream(self, messages: Iterator[bytes]) -> Any:
        """Open the stream; gRPC pulls `messages` on a thread of its own."""
        return self._channel.stream(
            self.codec.stream_method,
            messages,
            compression=self._settings.payload.compression,
        )

    def check_size(self, message: bytes) -> None:
        """Raise PayloadTooLarge before gRPC does, which would end a whole stream."""
        if len(message) > self._settings.message_limit:
            raise PayloadTooLarge(len(message), self._settings.message_limit)

    def explain(self, error: grpc.RpcError) -> ConsoleError:
        """A broken stream's status as one of our errors."""
        return self._channel.explain(error)

    def close(self) -> None:
        """End every call under way."""
        self._channel.close()

    def _reports_timing(self) -> bool:
        """Whether the server lists our timing extension; one without metadata does not."""
        try:
            data = self._channel.unary(
                _SERVER_METADATA,
                b"",
                deadline_s=min(_CONNECT_DEADLINE_S, self._settings.deadline_s),
                compression=Compression.NONE,
            )
            return TIMING_EXTENSION in ServerMetadataResponse.FromString(data).extensions
        except (RequestError, DecodeError):
            return False
