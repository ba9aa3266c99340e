"""A gRPC stream whose messages are answered while the next ones are read and computed.

Messages with one answer are answered in the order they came; those with any number of answers as
these come, between the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc.aio

DEPTH = 64
"""Most messages of one stream that are read and not yet answered."""

_QUICKLY_WRITTEN = 64 * 1024
"""While more than this is written, the next message is read."""

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
    """One stream; its three kinds of task write one at a time.

    A small answer that is there at once is written by the task that read its message, unless others
    wait before it.
    """

    def __init__(self, context: Context, begin: Begin) -> None:
        self._context = context
        self._begin = begin
        self._places = asyncio.Semaphore(DEPTH)
        self._in_order: asyncio.Queue[asyncio.Task[bytes] | bytes | None] = asyncio.Queue()
        self._queued = 0
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
            self._in_order.put_nowait(None)

    def stop(self) -> None:
        """Read no more; what was read is answered."""
        self.stopped = True
        if self._reader is not None and self._reading:
            self._reader.cancel()

    async def write_in_order(self) -> None:
        """Write the answers that had to wait, in the order of their messages."""
        while await self._write_next():
            pass

    # One call per message, so that no message or reply is kept alive while the next is awaited.

    async def _read_next(self, tasks: asyncio.TaskGroup) -> bool:
        self._reading = True
        await self._places.acquire()
        message = await self._context.read()
        self._reading = False
        if message is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing from the stubs
            return False
        replies = self._begin(message)
        if isinstance(replies, Later):
            replies = await replies.replies
        if isinstance(replies, bytes) and len(replies) < _QUICKLY_WRITTEN and not self._queued:
            await self._write(replies)
            self._places.release()
        elif isinstance(replies, AsyncGenerator):
            tasks.create_task(self._write_many(replies))
        else:
            self._queued += 1
            self._in_order.put_nowait(
                replies if isinstance(replies, bytes) else tasks.create_task(replies)
            )
        return True

    async def _write_next(self) -> bool:
        reply = await self._in_order.get()
        if reply is None:
            return False
        await self._write(reply if isinstance(reply, bytes) else await reply)
        self._queued -= 1
        self._places.release()
        return True

    async def _write_many(self, replies: AsyncGenerator[bytes, None]) -> None:
        async with contextlib.aclosing(replies):
            async for reply in replies:
                await self._write(reply)
        self._places.release()

    async def _write(self, reply: bytes) -> None:
        async with self._writing:
            await self._context.write(reply)
