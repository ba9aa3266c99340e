"""A gRPC stream whose messages are answered while the next ones are read and computed.

Messages with one answer are answered in the order they came; those with any number of answers as
these come, between the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc.aio

DEPTH = 64
"""Most messages of one stream that are read and not yet answered."""

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Replies: TypeAlias = bytes | Coroutine[Any, Any, bytes] | AsyncGenerator[bytes, None]
"""What becomes of one message: its answer, at once or later, or all of them one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Later:
    """Replies that take a while to begin; the next message is not read before that, so that the
    messages of a stream begin in their order."""

    replies: Coroutine[Any, Any, Replies]


Begin: TypeAlias = Callable[[bytes], Replies | Later]
Draining: TypeAlias = Callable[[], Awaitable[None]]


class StreamOver(Exception):
    """An answer wants the whole stream to end with an error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


async def serve_stream(context: Context, begin: Begin, draining: Draining) -> bool:
    """Answer every message until the client has no more, or the server drains; False if it drains.

    Neither `begin` nor its replies may raise anything but StreamOver, which is raised here: the
    error of one message travels in its reply. A client that leaves cancels what is on its way, or
    has gRPC's own error raised if a reply was being written.
    """
    stream = _Stream(context, begin)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stream.read(tasks))
            watching = tasks.create_task(_stop_when(draining, stream))
            await stream.write_in_order()
            watching.cancel()
    except BaseExceptionGroup as group:
        # Not except*: before Python 3.11.4 what is raised there comes out in a group again.
        raise _bare(group) from None
    return not stream.stopped


def _bare(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error, unless there are some that nobody expects: then these.

    gRPC keeps quiet about a client that has gone if it sees its own error, bare.
    """
    _, unforeseen = group.split((StreamOver, grpc.aio.InternalError))
    return unforeseen or group.exceptions[0]


async def _stop_when(draining: Draining, stream: _Stream) -> None:
    await draining()
    stream.stop()


class _Stream:
    """One stream: a task reads its messages and begins their answers, while another writes those
    that are one each in the order of their messages. Tasks of the others write in between."""

    def __init__(self, context: Context, begin: Begin) -> None:
        self._context = context
        self._begin = begin
        self._unanswered = 0
        self._room = asyncio.Event()
        self._in_order: deque[asyncio.Task[bytes] | bytes | StreamOver] = deque()
        self._more = asyncio.Event()
        self._all_read = False
        self._writing = asyncio.Lock()
        self._reader: asyncio.Task[Any] | None = None
        self._reading = False
        self.stopped = False

    async def read(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to answer each message until there is no more, or `stop` is called."""
        self._reader = asyncio.current_task()
        try:
            while not self.stopped and await self._read_next(tasks):
                pass
        except asyncio.CancelledError:
            if not self.stopped:
                raise
        finally:
            self._all_read = True
            self._more.set()

    def stop(self) -> None:
        """Read no more; what was read is answered."""
        self.stopped = True
        if self._reader is not None and self._reading:
            self._reader.cancel()

    async def write_in_order(self) -> None:
        """Write the answers in the order of their messages."""
        while True:
            while self._in_order:
                await self._write_next()
            if self._all_read:
                return
            self._more.clear()
            await self._more.wait()

    # One call per message, so that no message or reply is kept alive while the next is awaited.

    async def _read_next(self, tasks: asyncio.TaskGroup) -> bool:
        self._reading = True
        while self._unanswered >= DEPTH:
            self._room.clear()
            await self._room.wait()
        message = await self._context.read()
        self._reading = False
        if message is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing from the stubs
            return False
        self._unanswered += 1
        try:
            replies = self._begin(message)
            if isinstance(replies, Later):
                replies = await replies.replies
        except StreamOver as over:  # what came before it is answered first
            self._put(over)
            return False
        if isinstance(replies, AsyncGenerator):
            tasks.create_task(self._write_many(replies))
        else:
            self._put(replies if isinstance(replies, bytes) else tasks.create_task(replies))
        return True

    def _put(self, reply: asyncio.Task[bytes] | bytes | StreamOver) -> None:
        self._in_order.append(reply)
        self._more.set()

    async def _write_next(self) -> None:
        reply = self._in_order.popleft()
        if isinstance(reply, StreamOver):
            raise reply
        await self._write(reply if isinstance(reply, bytes) else await reply)
        self._answered()

    async def _write_many(self, replies: AsyncGenerator[bytes, None]) -> None:
        async with contextlib.aclosing(replies):
            async for reply in replies:
                await self._write(reply)
        self._answered()

    async def _write(self, reply: bytes) -> None:
        # Not "async with", which makes three more coroutines for each reply.
        await self._writing.acquire()
        try:
            await self._context.write(reply)
        finally:
            self._writing.release()

    def _answered(self) -> None:
        self._unanswered -= 1
        self._room.set()
