"""What every gRPC method of the server does around its own work: time it, log it, say errors."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import grpc
import grpc.aio

from backend.core.errors import ConsoleError
from backend.server.grpc_stream import serve_stream
from backend.server.records import RequestLog
from backend.server.statuses import status_of, text_of
from backend.server.trimming import Trimmer

_log = logging.getLogger("inferdeck.server")

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"


if TYPE_CHECKING:
    _Services = grpc.GenericRpcHandler[bytes, bytes]
else:
    _Services = grpc.GenericRpcHandler


@dataclass(slots=True)
class Note:
    """What a method learns about a message and the log wants to know."""

    model: str = ""
    id: str = ""


Answer: TypeAlias = Callable[[bytes, Note], Awaitable[bytes]]
"""Makes the reply to a message, or raises."""

Refuse: TypeAlias = Callable[[Note, BaseException], bytes]
"""Makes the reply that carries the error of one message of a stream."""


class GrpcEdge:
    """Makes method handlers that speak bytes, so that our own codec reads and writes them."""

    def __init__(self, log: RequestLog, trimmer: Trimmer) -> None:
        self._requests = log
        self._trimmer = trimmer

    def unary(self, name: str, answer: Answer) -> Handler:
        """A method with one message each way; its errors become the status of the call."""

        async def handle(message: bytes, context: Context) -> bytes:
            note, begun = Note(), _Begun(name, _peer(context), len(message))
            try:
                reply = await answer(message, note)
            except asyncio.CancelledError:
                self._add(begun, note, grpc.StatusCode.CANCELLED, 0)
                raise
            except Exception as error:  # noqa: BLE001 - the edge turns every error into a status
                self._add(begun, note, status_of(error).grpc, 0)
                await _abort(context, error)
            self._add(begun, note, grpc.StatusCode.OK, len(reply))
            return reply

        return grpc.unary_unary_rpc_method_handler(handle)

    def stream(self, name: str, answer: Answer, refuse: Refuse) -> Handler:
        """A method with many messages each way; a message's error travels in its reply."""

        async def handle(_messages: object, context: Context) -> None:
            peer = _peer(context)

            async def reply_to(message: bytes) -> bytes:
                note, begun = Note(), _Begun(name, peer, len(message))
                code = grpc.StatusCode.OK
                try:
                    reply = await answer(message, note)
                except asyncio.CancelledError:
                    self._add(begun, note, grpc.StatusCode.CANCELLED, 0)
                    raise
                except Exception as error:  # noqa: BLE001 - the stream outlives the error
                    _log_unforeseen(error)
                    code = status_of(error).grpc
                    reply = refuse(note, error)
                self._add(begun, note, code, len(reply))
                return reply

            await serve_stream(context, reply_to)

        return grpc.stream_stream_rpc_method_handler(handle)

    def absent(self, name: str) -> Handler:
        """A method that is not offered, however many messages its caller sends."""

        async def handle(_messages: object, context: Context) -> None:
            self._add(_Begun(name, _peer(context), 0), Note(), grpc.StatusCode.UNIMPLEMENTED, 0)
            await context.abort(
                grpc.StatusCode.UNIMPLEMENTED, f"This server does not offer the method {name}."
            )

        return grpc.stream_stream_rpc_method_handler(handle)

    def _add(self, begun: _Begun, note: Note, code: grpc.StatusCode, bytes_out: int) -> None:
        self._trimmer.saw(begun.bytes_in + bytes_out)
        self._requests.add(
            time_s=begun.time_s,
            api="gRPC",
            peer=begun.peer,
            method=begun.method,
            model=note.model,
            status=code.name,
            failed=code is not grpc.StatusCode.OK,
            duration_ms=(time.monotonic_ns() - begun.started_ns) / 1e6,
            bytes_in=begun.bytes_in,
            bytes_out=bytes_out,
        )


class Service(_Services):
    """One gRPC service: its methods by name, and a clear answer for those it does not have."""

    def __init__(self, name: str, methods: Mapping[str, Handler], edge: GrpcEdge) -> None:
        self._prefix = f"/{name}/"
        self._methods = methods
        self._edge = edge

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """The handler of a method of this service; None leaves the call to the next service."""
        path = handler_call_details.method
        if not path.startswith(self._prefix):
            return None
        name = path.removeprefix(self._prefix)
        return self._methods.get(name) or self._edge.absent(name)


class _Begun:
    """When a message came, from whom, and for which method."""

    __slots__ = ("bytes_in", "method", "peer", "started_ns", "time_s")

    def __init__(self, method: str, peer: str, bytes_in: int) -> None:
        self.method = method
        self.peer = peer
        self.bytes_in = bytes_in
        self.time_s = time.time()
        self.started_ns = time.monotonic_ns()


def _peer(context: Context) -> str:
    """``ipv4:127.0.0.1:5000`` as ``127.0.0.1:5000``."""
    return str(context.peer()).split(":", 1)[-1]


def _log_unforeseen(error: BaseException) -> None:
    if not isinstance(error, ConsoleError):
        _log.error("A gRPC request failed unexpectedly", exc_info=error)


async def _abort(context: Context, error: BaseException) -> NoReturn:
    _log_unforeseen(error)
    await context.abort(status_of(error).grpc, text_of(error))
    raise AssertionError("abort returned")
