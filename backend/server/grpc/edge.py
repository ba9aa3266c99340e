"""What every gRPC method of the server does around its own work: time, log, answer errors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
)
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeAlias, cast

import grpc
import grpc.aio

from backend.core.errors import (
    ConsoleError,
    InvalidInput,
    NotFound,
    NotReady,
    Overloaded,
    RequestError,
    Unsupported,
)
from backend.core.trimming import Trimmer
from backend.server.grpc.calls import MADE_ROOM, NO_MESSAGE, CallCounts, OpenStream, SilentCalls
from backend.server.grpc.stream import Later, Replies, StreamOver, serve_stream
from backend.server.plane import Readiness, RequestLog
from backend.server.settings import ASK_FOR_IT, ServerOptions, shows_token
from backend.server.statuses import NotAllowed, status_of, text_of

_log = logging.getLogger("inferdeck.server")

_NAMES = {code: code.name for code in grpc.StatusCode}
_OK = grpc.StatusCode.OK
"""Kept, as looking up a member takes longer than comparing it."""
_FRANK = "triton_grpc_error"
_OF_THE_REQUEST = (InvalidInput, NotFound, Unsupported)
"""Errors that are found before a model runs never end a stream, unless a model has chosen them."""

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
_Add: TypeAlias = "Callable[[CallNote, grpc.StatusCode, int], None]"


class CallNote:
    """What the log wants to know about a message: when it came, from whom and for which method, and
    what the method learns about it.

    `error` is one that a method has put into a reply by itself; where a model's errors are to
    `end_stream`, it raises them instead.
    """

    __slots__ = (
        "bytes_in",
        "end_stream",
        "error",
        "id",
        "method",
        "model",
        "peer",
        "started_ns",
        "time_s",
    )

    def __init__(self, method: str, peer: str, bytes_in: int, *, end_stream: bool = False) -> None:
        self.method = method
        self.peer = peer
        self.bytes_in = bytes_in
        self.end_stream = end_stream
        self.model = self.id = ""
        self.error: BaseException | None = None
        self.time_s = time.time()
        self.started_ns = time.monotonic_ns()


Answer: TypeAlias = Callable[[bytes, CallNote], Awaitable[bytes]]
"""Makes the reply to a message, or raises."""

Begin: TypeAlias = Callable[[bytes, CallNote], Replies | Later]
"""Begins to answer a message of a stream, once or any number of times, or raises."""

Converse: TypeAlias = Callable[[], Begin]
"""Called for each stream: gives what begins to answer its messages."""

Produce: TypeAlias = Callable[[bytes], AsyncIterator[bytes]]
"""The messages that one message asks for."""

Refuse: TypeAlias = Callable[[CallNote, BaseException], bytes]
"""Makes the reply that carries the error of one message of a stream."""


class GrpcEdge:
    """Makes method handlers that speak bytes, so that our own codec reads and writes them."""

    def __init__(
        self,
        log: RequestLog,
        trimmer: Trimmer,
        readiness: Readiness,
        options: ServerOptions,
        calls: CallCounts,
    ) -> None:
        self._requests = log
        self._trimmer = trimmer
        self._readiness = readiness
        self._token = options.token
        self._most_streams = options.limits.streams
        self._streams = 0
        self._calls = calls
        # The others of the calls that gRPC takes are left for those that have come.
        self._silent_calls = SilentCalls(
            max(1, options.limits.calls // 2), options.timeouts.message_s
        )
        self._silent_streams = SilentCalls(options.limits.streams, None)

    def unary(self, name: str, answer: Answer) -> Handler:
        """A method with one message each way; its errors become the status of the call."""

        async def handle(_messages: object, context: Context) -> bytes:
            peer = _peer(context)
            message = await self._message(name, peer, context)
            note = CallNote(name, peer, len(message))
            self._calls.begin(peer)
            try:
                reply = await answer(message, note)
            except asyncio.CancelledError:
                self._add(note, grpc.StatusCode.CANCELLED, 0)
                raise
            except Exception as error:  # noqa: BLE001 - every error becomes a status
                self._add(note, status_of(error).grpc, 0)
                await _abort(context, error)
            finally:
                self._calls.end(peer)
            self._add(note, _OK, len(reply))
            return reply

        # As a stream of one, which is the same on the wire: gRPC would wait for a message for ever.
        return grpc.stream_unary_rpc_method_handler(handle)

    def stream(self, name: str, converse: Converse, refuse: Refuse) -> Handler:
        """A method with many messages each way; a message's error travels in its reply."""

        async def handle(_messages: object, context: Context) -> None:
            begin, peer = converse(), _peer(context)
            frank = _wants_status(context)

            def start(message: bytes) -> Replies | Later:
                stream.note_message()
                note = CallNote(name, peer, len(message), end_stream=frank)
                try:
                    replies = begin(message, note)
                except Exception as error:  # noqa: BLE001 - the stream outlives the error
                    return _Message(self._add, note, refuse).failed(error)
                if isinstance(replies, bytes) and note.error is None:
                    self._add(note, _OK, len(replies))
                    return replies
                logged = _Message(self._add, note, refuse)
                if isinstance(replies, Later):
                    return Later(logged.later(replies))
                return logged.replies(replies)

            async with self._open_stream(name, peer, context) as stream:
                try:
                    finished = await serve_stream(context, start, self._readiness.draining)
                except StreamOver as over:
                    await _abort(context, over.error)
                if not finished:
                    await _abort(context, NotReady("the server is being stopped"))

        return grpc.stream_stream_rpc_method_handler(handle)

    def feed(self, name: str, produce: Produce) -> Handler:
        """A method with one message in and many out."""

        async def handle(_messages: object, context: Context) -> None:
            peer = _peer(context)
            message = await self._message(name, peer, context)
            note = CallNote(name, peer, len(message))
            code, size = grpc.StatusCode.CANCELLED, 0
            async with self._open_stream(name, peer, context) as stream:
                stream.note_message()
                try:
                    async for reply in produce(message):
                        size += len(reply)
                        await context.write(reply)
                    code = _OK
                except ConsoleError as error:
                    code = status_of(error).grpc
                    await _abort(context, error)
                finally:
                    self._add(note, code, size)

        return grpc.stream_stream_rpc_method_handler(handle)

    def absent(self, name: str) -> Handler:
        """A method that is not offered, however many messages its caller sends."""

        async def handle(_messages: object, context: Context) -> None:
            self._add(CallNote(name, _peer(context), 0), grpc.StatusCode.UNIMPLEMENTED, 0)
            await context.abort(
                grpc.StatusCode.UNIMPLEMENTED, f"This server does not offer the method {name}."
            )

        return grpc.stream_stream_rpc_method_handler(handle)

    def refusal(self, name: str, authorization: str) -> Handler | None:
        """How a call is answered that does not show the token; None for one that does."""
        if not self._token or shows_token(authorization, self._token):
            return None

        async def handle(_messages: object, context: Context) -> None:
            error = NotAllowed(ASK_FOR_IT)
            self._add(CallNote(name, _peer(context), 0), status_of(error).grpc, 0)
            await _abort(context, error)

        return grpc.stream_stream_rpc_method_handler(handle)

    async def _message(self, name: str, peer: str, context: Context) -> bytes:
        """The message of a call that is no stream; one that does not come ends the call."""
        call = self._silent_calls.begin()
        try:
            message = await context.read()
        except asyncio.CancelledError:
            if not self._silent_calls.was_ended(call):
                raise
            await self._refuse(name, peer, context, Overloaded(NO_MESSAGE))
        finally:
            self._silent_calls.end_wait(call)
        if message is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing from the stubs
            error = InvalidInput("The call ended without its message.")
            await self._refuse(name, peer, context, error)
        return cast("bytes", message)

    @asynccontextmanager
    async def _open_stream(
        self, name: str, peer: str, context: Context
    ) -> AsyncIterator[OpenStream]:
        """Count the stream as open; one that is too many takes the place of a silent one."""
        if self._streams >= self._most_streams and not self._silent_streams.end_oldest():
            error = Overloaded(f"{self._streams} streams are open already; no more are taken")
            await self._refuse(name, peer, context, error)
        self._streams += 1
        stream = OpenStream(self._silent_streams, self._calls, peer)
        try:
            yield stream
        except asyncio.CancelledError:
            if not stream.was_ended():
                raise
            await self._refuse(name, peer, context, Overloaded(MADE_ROOM))
        finally:
            stream.end()
            self._streams -= 1

    async def _refuse(
        self, name: str, peer: str, context: Context, error: ConsoleError
    ) -> NoReturn:
        self._add(CallNote(name, peer, 0), status_of(error).grpc, 0)
        await _abort(context, error)

    def _add(self, note: CallNote, code: grpc.StatusCode, bytes_out: int) -> None:
        self._trimmer.note(note.bytes_in + bytes_out)
        self._requests.add(
            time_s=note.time_s,
            api="gRPC",
            peer=note.peer,
            method=note.method,
            model=note.model,
            status="OK" if code is _OK else _NAMES[code],
            failed=code is not _OK,
            duration_ms=(time.monotonic_ns() - note.started_ns) / 1e6,
            bytes_in=note.bytes_in,
            bytes_out=bytes_out,
        )


class _Message:
    """One message of a stream: its replies, its errors and its row in the log."""

    def __init__(self, add: _Add, note: CallNote, refuse: Refuse) -> None:
        self._add = add
        self._note = note
        self._refuse = refuse
        self._size = 0

    def replies(self, replies: Replies) -> Replies:
        """The replies with what the edge does around it."""
        if isinstance(replies, bytes):
            return self.at_once(replies)
        if isinstance(replies, AsyncGenerator):
            return self.many(replies)
        answer = self.one(replies)
        # Its task may be cancelled before it has begun to await the reply.
        weakref.finalize(answer, replies.close).atexit = False
        return answer

    async def later(self, later: Later) -> Replies:
        """The same for replies that take a while to begin."""
        try:
            replies = await later.replies
        except asyncio.CancelledError:
            self._write_down(grpc.StatusCode.CANCELLED)
            raise
        except Exception as error:  # noqa: BLE001 - the stream outlives the error
            return self.failed(error)
        return self.replies(replies)

    async def one(self, replies: Coroutine[Any, Any, bytes]) -> bytes:
        """The reply, whether answer or error."""
        try:
            reply = await replies
        except asyncio.CancelledError:
            self._write_down(grpc.StatusCode.CANCELLED)
            raise
        except Exception as error:  # noqa: BLE001 - the stream outlives the error
            return self.failed(error)
        return self.at_once(reply)

    def at_once(self, reply: bytes) -> bytes:
        """The reply, which is there already."""
        self._size = len(reply)
        self._write_down(_OK)
        return reply

    def failed(self, error: BaseException) -> bytes:
        """The reply to a message that has no answer; raises StreamOver for a frank stream."""
        try:
            reply = self._refused(error)
        except StreamOver:
            self._write_down(_OK)
            raise
        return self.at_once(reply)

    async def many(self, replies: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """Every reply, the last one perhaps an error."""
        code = grpc.StatusCode.CANCELLED
        try:
            async with contextlib.aclosing(replies):
                async for reply in replies:
                    self._size += len(reply)
                    yield reply
            code = _OK
        except Exception as error:  # noqa: BLE001 - the stream outlives the error
            reply = self._refused(error)
            self._size += len(reply)
            code = _OK
            yield reply
        finally:
            self._write_down(code)

    def _refused(self, error: BaseException) -> bytes:
        _log_unforeseen(error)
        self._note.error = error
        if self._note.end_stream and _of_the_model(error):
            raise StreamOver(error) from error
        return self._refuse(self._note, error)

    def _write_down(self, code: grpc.StatusCode) -> None:
        error = self._note.error
        status = code if error is None else status_of(error).grpc
        self._add(self._note, status, self._size)


def _peer(context: Context) -> str:
    """``ipv4:127.0.0.1:5000`` as ``127.0.0.1:5000``."""
    return str(context.peer()).split(":", 1)[-1]


def _of_the_model(error: BaseException) -> bool:
    from_model = isinstance(error, RequestError) and error.from_model
    return from_model or not isinstance(error, _OF_THE_REQUEST)


def _log_unforeseen(error: BaseException) -> None:
    if not isinstance(error, ConsoleError):
        _log.error("A gRPC request failed unexpectedly", exc_info=error)


async def _abort(context: Context, error: BaseException) -> NoReturn:
    _log_unforeseen(error)
    await context.abort(status_of(error).grpc, text_of(error))
    raise AssertionError("abort returned")


def _wants_status(context: Context) -> bool:
    """Whether the caller asked that a failing model ends the stream with a real status."""
    metadata = context.invocation_metadata() or ()
    return any(key == _FRANK and value in ("true", b"true") for key, value in metadata)
