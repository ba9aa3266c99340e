"""A gRPC connection with the codec for its calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc

from backend.clients.codecs import Call, Codec, GrpcCall, make_codec
from backend.clients.connections.grpc import GrpcConnection, OneThreadCalls
from backend.clients.control import GrpcControl
from backend.clients.dialects.known import dialect_for, rules_of_server
from backend.clients.dialects.rules import Capability, check_can
from backend.clients.faults import words as faults
from backend.clients.inference.packed_size import PackedSize
from backend.core.choices import Api, Compression, RunSettings, Transport
from backend.core.errors import (
    ConsoleError,
    PayloadTooLarge,
    ReplyMismatch,
    RequestError,
    UsageError,
)
from backend.core.inference import ServerMetadata
from backend.core.traffic import Transfer
from backend.core.wording import Wording
from backend.profiles.model_profile import ModelProfile

_FRAME_BYTES = 5
"""Before every message: whether it is compressed, and its length."""


class GrpcInferenceClient:
    """Calls at the target's gRPC address, single or in a stream; see `InferenceClient`."""

    def __init__(self, settings: RunSettings, profile: ModelProfile) -> None:
        if not settings.target.grpc:
            raise UsageError(
                Wording("Target '{target}' has no gRPC address.", target=settings.target.name),
                hint=Wording("Switch gRPC on, give an address, or choose REST."),
            )
        self._settings = settings
        self._profile = profile
        self._connection = GrpcConnection(settings.target, message_limit=settings.largest_message)
        packs = settings.payload.compression is Compression.GZIP
        self._packed = PackedSize() if packs else None
        self.send_limit = settings.largest_message
        self.rules = dialect_for(settings.target.dialect)
        self.codec: Codec = make_codec(settings, profile, extensions=())

    def connect(self) -> None:
        """Wait for the connection and ask what the server offers.

        Raises TargetUnreachable, and Unsupported where the server has no stream.
        """
        self._connection.wait_ready(self._connect_deadline_s)
        if self._settings.api is not Api.OIP:
            return
        metadata = self._server_metadata()
        rules = self.rules = rules_of_server(self._settings.target.dialect, metadata)
        if self._settings.transport is Transport.GRPC_STREAM:
            check_can(rules, Capability.STREAM, hint="Choose gRPC without a stream.")
        offered = metadata.extensions if metadata is not None else ()
        self.codec = make_codec(self._settings, self._profile, extensions=offered, rules=rules)

    def call(self, call: Call, transfer: Transfer) -> bytes:
        """One call with the run's deadline."""
        assert isinstance(call, GrpcCall)
        self.check_size(call.message)
        self._connection.wait_ready(self._connect_deadline_s)
        self.note_sent(call.message, transfer)
        try:
            reply = self._connection.unary(
                self.codec.unary_method,
                call.message,
                deadline_s=self._settings.reply_within_s,
                compression=self._settings.payload.compression,
            )
        except RequestError:
            self.codec.restart()
            raise
        self.note_received(reply, transfer)
        return reply

    def note_sent(self, message: bytes, transfer: Transfer) -> None:
        """A message is handed to gRPC, which compresses and frames it."""
        transfer.message_sent(len(message))
        size = len(message) if self._packed is None else self._packed.of(message)
        transfer.wire_sent(_FRAME_BYTES + size, estimated=self._packed is not None)
        # How long gRPC takes to send it cannot be seen.
        transfer.sent_ns = 0

    def note_received(self, message: bytes, transfer: Transfer) -> None:
        """gRPC gave a reply, and does not say whether it came compressed."""
        transfer.message_received(len(message))
        transfer.wire_received(_FRAME_BYTES + len(message))
        transfer.received_ns, transfer.replied_ns = transfer.replied_ns, 0

    def stream(self, messages: Iterator[bytes]) -> Any:
        """Open the stream; gRPC pulls `messages` on a thread of its own."""
        return self._connection.stream(
            self.codec.stream_method,
            messages,
            compression=self._settings.payload.compression,
        )

    def one_thread(self) -> OneThreadCalls:
        """Calls or the stream of these settings for one thread; see `GrpcConnection.one_thread`."""
        streamed = self._settings.transport is Transport.GRPC_STREAM
        return self._connection.one_thread(
            self.codec.stream_method if streamed else self.codec.unary_method,
            stream=streamed,
            compression=self._settings.payload.compression,
        )

    def check_size(self, message: bytes) -> None:
        """Raise PayloadTooLarge before gRPC does, which would end a whole stream."""
        if len(message) > self.send_limit:
            raise PayloadTooLarge(len(message), self.send_limit)

    def explain(self, error: grpc.RpcError) -> ConsoleError:
        """A call's or a broken stream's status as one of our errors."""
        streamed = self._settings.transport is Transport.GRPC_STREAM
        return self._connection.explain(error, stream=streamed)

    def silent(self) -> ConsoleError:
        """What is wrong with a stream that has not replied within the run's deadline."""
        return faults.deadline(self._connection.address, self._settings.reply_within_s)

    def close(self) -> None:
        """End every call under way."""
        self._connection.close()
        if self._packed is not None:
            self._packed.close()

    @property
    def _connect_deadline_s(self) -> float:
        return min(self._settings.target.connect_timeout_s, self._settings.reply_within_s)

    def _server_metadata(self) -> ServerMetadata | None:
        """What the server says of itself; None from one that says nothing."""
        try:
            return GrpcControl(self._connection, self._connect_deadline_s).server_metadata()
        except (RequestError, ReplyMismatch):
            return None
