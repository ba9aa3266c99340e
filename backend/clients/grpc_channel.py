"""gRPC with messages as bytes: unary calls and streams over one channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc

from backend.core.choices import Compression
from backend.core.errors import (
    ConsoleError,
    DeadlineExceeded,
    InvalidInput,
    ModelFailed,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    ReplyMismatch,
    StreamBroken,
    TargetUnreachable,
    Unsupported,
)


class GrpcChannel:
    """One channel to host:port; safe to use from several threads.

    Messages are bytes both ways, so that the caller decides how they are made and read. `close`
    ends every call under way at once.
    """

    def __init__(self, address: str, *, message_limit: int, loopback: bool) -> None:
        self.address = address
        self._message_limit = message_limit
        options: list[tuple[str, Any]] = [
            ("grpc.max_send_message_length", message_limit),
            ("grpc.max_receive_message_length", message_limit),
            # A channel of ours lives as long as its lane: no back-off inherited from one before.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if loopback:
            options.append(("grpc.enable_http_proxy", 0))
        self._channel = grpc.insecure_channel(address, options=options)
        self._closed = False

    @property
    def channel(self) -> grpc.Channel:
        """gRPC's own channel, for who needs more of a call than its bytes."""
        return self._channel

    def wait_ready(self, timeout_s: float) -> None:
        """Connect; raises TargetUnreachable if that takes longer than `timeout_s` seconds."""
        ready = grpc.channel_ready_future(self._channel)
        try:
            ready.result(timeout=timeout_s)
        except grpc.FutureTimeoutError:
            raise TargetUnreachable(
                f"Nothing that speaks gRPC answers at {self.address}.",
                hint="Is the server running, and is this its gRPC port and not the REST one?",
            ) from None
        except (grpc.FutureCancelledError, ValueError):
            raise StreamBroken("The connection was closed.") from None
        finally:
            ready.cancel()

    def unary(
        self, method: str, message: bytes, *, deadline_s: float, compression: Compression
    ) -> bytes:
        """One call; raises what `explain` makes of a failure."""
        try:
            call = self._channel.unary_unary(method, None, None)
            reply: bytes = call(message, timeout=deadline_s, compression=_COMPRESSION[compression])
        except grpc.RpcError as error:
            raise self.explain(error) from error
        except ValueError as error:
            raise StreamBroken("The connection was closed.") from error
        return reply

    def stream(self, method: str, messages: Iterator[bytes], *, compression: Compression) -> Any:
        """Open a stream; the call iterates over replies, raising grpc.RpcError when it breaks.

        gRPC pulls `messages` on a thread of its own.
        """
        try:
            return self._channel.stream_stream(method, None, None)(
                messages, compression=_COMPRESSION[compression]
            )
        except ValueError as error:
            raise StreamBroken("The connection was closed.") from error

    def close(self) -> None:
        """End every call under way; may be called twice."""
        if not self._closed:
            self._closed = True
            self._channel.close()

    def explain(self, error: grpc.RpcError) -> ConsoleError:
        """The status of a failed call as one of our errors, with the server's text verbatim."""
        if self._closed:
            return StreamBroken("The connection was closed.")
        code, text = _code(error), _details(error)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in text:
            return PayloadTooLarge(*_sizes(text, self._message_limit))
        if code is grpc.StatusCode.UNAVAILABLE:
            return self._explain_unavailable(text)
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded(
                f"No reply from {self.address} in time.",
                hint="The server may still be computing; raise the deadline if it needs longer.",
            )
        return _ERRORS.get(code, ModelFailed)(f"{code.name}: {text}" if text else code.name)

    def _explain_unavailable(self, text: str) -> ConsoleError:
        if "failed to connect" in text or "refused" in text:
            return TargetUnreachable(
                f"Nothing answers at {self.address}.",
                hint="Is the server running, and is this its gRPC port?",
            )
        return StreamBroken(f"The connection to {self.address} was lost.", hint=text)


_COMPRESSION = {
    Compression.NONE: grpc.Compression.NoCompression,
    Compression.GZIP: grpc.Compression.Gzip,
}

_ERRORS: dict[grpc.StatusCode, type[ConsoleError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidInput,
    grpc.StatusCode.OUT_OF_RANGE: InvalidInput,
    grpc.StatusCode.FAILED_PRECONDITION: InvalidInput,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.UNIMPLEMENTED: Unsupported,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    grpc.StatusCode.CANCELLED: StreamBroken,
    grpc.StatusCode.DATA_LOSS: ReplyMismatch,
}


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    code = getattr(error, "code", None)
    found = code() if callable(code) else None
    return found if isinstance(found, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _details(error: grpc.RpcError) -> str:
    details = getattr(error, "details", None)
    return (details() if callable(details) else None) or ""


def _sizes(text: str, fallback: int) -> tuple[int, int]:
    """Both numbers of gRPC's 'larger than max (N vs. M)'."""
    digits = [
        int(part.strip("()"))
        for part in text.replace(".", " ").split()
        if part.strip("()").isdigit()
    ]
    return (digits[-2], digits[-1]) if len(digits) >= 2 else (fallback + 1, fallback)
