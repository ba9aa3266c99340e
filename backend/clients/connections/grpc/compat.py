"""All that we use of gRPC beyond its public interface: calls that one thread drives by itself.

Its public calls hand what happens on a channel from thread to thread, each of which waits for the
interpreter: with four calls under way that is a quarter of their time. pyproject.toml bounds grpcio
because of this module, and `tests/clients/connections/test_grpc_compat.py` fails when it has moved.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import grpc
from grpc import _common
from grpc._compression import augment_metadata
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # an extension without stubs

_FLAGS = 0
_INHERIT_NOTHING = 0
_OPENED, _SENT, _RECEIVED, _ENDED = "opened", "sent", "received", "ended"


class CallFailed(grpc.RpcError):
    """The status of a call that did not end well."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        """As errors of gRPC's own have it."""
        return self._code

    def details(self) -> str:
        """The server's text."""
        return self._details


@dataclass(frozen=True, slots=True)
class Ended:
    """A call, or one message of a stream, that is over: its reply or what went wrong."""

    slot: int
    """That of the unary call; -1 of a stream."""
    message: bytes = b""
    error: CallFailed | None = None


class OneThreadCalls:
    """Calls of one method on a channel that has no others; for the one thread that waits for them.

    `cancel` alone may be called from any thread. `close` has to come before the channel's, which
    would wait for ever for what nobody has taken off it.
    """

    def __init__(
        self, channel: grpc.Channel, method: str, metadata: Any, compression: grpc.Compression
    ) -> None:
        self._channel: Any = channel._channel  # type: ignore[attr-defined]  # noqa: SLF001 - what this module is for
        self._method = method.encode()
        self._metadata = augment_metadata(metadata, compression) or ()
        self._calls: dict[int, Any] = {}
        self._due = 0

    def begin(self, slot: int, message: bytes, deadline_s: float) -> None:
        """A unary call, under a number that no other under way has."""
        operations = (
            cygrpc.SendInitialMetadataOperation(self._metadata, _FLAGS),
            cygrpc.SendMessageOperation(message, _FLAGS),
            cygrpc.SendCloseFromClientOperation(_FLAGS),
            cygrpc.ReceiveInitialMetadataOperation(_FLAGS),
            cygrpc.ReceiveMessageOperation(_FLAGS),
            cygrpc.ReceiveStatusOnClientOperation(_FLAGS),
        )
        self._calls[slot] = self._made(((operations, slot),), deadline_s)

    def wait(self) -> Ended:
        """The next unary call that is over."""
        event = self._next()
        self._calls.pop(event.tag, None)
        *_, received, status = event.batch_operations
        return Ended(event.tag, received.message() or b"", _error_of(status))

    def cancel(self) -> None:
        """End every call under way."""
        for call in list(self._calls.values()):
            call.cancel(cygrpc.StatusCode.cancelled, "closed")

    def close(self) -> None:
        """End them, and take what comes of it."""
        self.cancel()
        while self._due:
            self._next()

    def _next(self) -> Any:
        event = self._channel.next_call_event()
        self._due -= 1
        return event

    def _made(self, operations: tuple[Any, ...], deadline_s: float | None) -> Any:
        self._due += len(operations)
        end = None if deadline_s is None else time.time() + deadline_s
        return self._channel.integrated_call(
            _INHERIT_NOTHING, self._method, None, end, None, None, operations, None, None
        )


class OneThreadStream(OneThreadCalls):
    """One stream of messages both ways, driven likewise."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._waiting: deque[bytes] = deque()
        self._sending = True
        operations = (
            ((cygrpc.SendInitialMetadataOperation(self._metadata, _FLAGS),), _SENT),
            ((cygrpc.ReceiveInitialMetadataOperation(_FLAGS),), _OPENED),
            ((cygrpc.ReceiveMessageOperation(_FLAGS),), _RECEIVED),
            ((cygrpc.ReceiveStatusOnClientOperation(_FLAGS),), _ENDED),
        )
        self._calls[0] = self._made(operations, None)

    def send(self, message: bytes) -> None:
        """After those before it: gRPC takes one at a time."""
        if self._sending:
            self._waiting.append(message)
            return
        self._sending = True
        self._operate(cygrpc.SendMessageOperation(message, _FLAGS), _SENT)

    def wait(self) -> Ended:
        """The next message of the server, or the stream's end."""
        while True:
            event = self._next()
            if event.tag == _SENT:
                self._sending = False
                if self._waiting:
                    self.send(self._waiting.popleft())
            elif event.tag == _RECEIVED:
                message = event.batch_operations[0].message()
                if message is not None:  # what ends the stream comes by its status
                    self._operate(cygrpc.ReceiveMessageOperation(_FLAGS), _RECEIVED)
                    return Ended(-1, message)
            elif event.tag == _ENDED:
                self._calls.clear()
                error = _error_of(event.batch_operations[0])
                return Ended(-1, b"", error or CallFailed(grpc.StatusCode.OK, ""))

    def _operate(self, operation: Any, tag: str) -> None:
        """Begin it, unless the stream has ended meanwhile, which is then said by its status."""
        if self._calls and self._calls[0].operate((operation,), tag):
            self._due += 1


def _error_of(status: Any) -> CallFailed | None:
    code = _common.CYGRPC_STATUS_CODE_TO_STATUS_CODE.get(status.code(), grpc.StatusCode.UNKNOWN)
    return None if code is grpc.StatusCode.OK else CallFailed(code, status.details() or "")
