"""A thread beside the event loop that works off a bounded queue."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from backend.core.errors import NotReady, Overloaded
from backend.core.worker import Worker

T = TypeVar("T")

QUICK_BYTES = 128 * 1024
"""Conversions of less than this are quicker than a hop to another thread."""


class SerialExecutor:
    """Runs calls one at a time, in the order they came, and gives their results to the loop.

    `run` and `close` belong to the event loop's thread. The thread starts with the first call, and
    is a daemon: a call that never returns does not keep the process alive. `what` is what the
    thread stands for in messages to people.
    """

    def __init__(self, name: str, what: str, *, queue_limit: int) -> None:
        self._name = name
        self._what = what
        self._calls = _BoundedQueue(queue_limit, what)
        self._worker: Worker | None = None

    async def run(self, function: Callable[[], T]) -> T:
        """Call the function on the thread and return what it returns.

        Raises Overloaded when the queue is full and NotReady after `close`. Cancelling takes a call
        that still waits out of the queue; one that runs is finished unheard.
        """
        call = _Call(function)
        self._calls.join(call)
        if self._worker is None:
            self._worker = Worker(self._name, self._serve).start()
        try:
            return await call.answer
        except asyncio.CancelledError:
            self._calls.leave(call)
            raise

    async def convert(self, size: int, function: Callable[[], T]) -> T:
        """Call a function that works through `size` bytes where it does least harm."""
        return function() if size < QUICK_BYTES else await self.run(function)

    def close(self) -> None:
        """Refuse what waits, and let the thread end after the call it is in."""
        for call in self._calls.close():
            call.refuse(NotReady(f"{self._what} is being stopped"))

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread, from any other; True if there is none any more."""
        return self._worker is None or self._worker.join(timeout_s)

    def _serve(self, _stop: threading.Event) -> None:
        while self._serve_next():
            pass

    def _serve_next(self) -> bool:
        # A method of its own, so that no finished call is kept alive while the next is awaited.
        call = self._calls.take()
        if call is None:
            return False
        call.make()
        return True


class _Call(Generic[T]):
    """One call on its way through the queue, with the future its asker waits for."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[T] = self._loop.create_future()

    def make(self) -> None:
        """Call, on the side thread, and wake the asker."""
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - the asker gets it
            self.refuse(error)
        else:
            self._tell(self._accept, result)

    def refuse(self, error: BaseException) -> None:
        """Wake the asker with an error, from any thread."""
        self._tell(self._fail, error)

    def _tell(self, say: Callable[[Any], None], what: object) -> None:
        # The loop may have ended meanwhile: then nobody waits any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(say, what)

    def _accept(self, result: T) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def _fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class _BoundedQueue:
    """First in, first out, with a limit, and with a way to leave."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit = limit
        self._what = what
        self._changed = threading.Condition()
        self._calls: deque[_Call[Any]] = deque()
        self._closed = False

    def join(self, call: _Call[Any]) -> None:
        """Stand at the end; raises Overloaded or NotReady."""
        with self._changed:
            if self._closed:
                raise NotReady(f"{self._what} is being stopped")
            if len(self._calls) >= self._limit:
                raise Overloaded(
                    f"{self._what} is busy: {self._limit} requests wait already.",
                    hint="Send fewer at a time, or try again later.",
                )
            self._calls.append(call)
            self._changed.notify()

    def leave(self, call: _Call[Any]) -> None:
        """Give up one's place, if still waiting."""
        with self._changed, contextlib.suppress(ValueError):
            self._calls.remove(call)

    def take(self) -> _Call[Any] | None:
        """The first that waits, or None once it is closed; `close` wakes who waits here."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls or self._closed)
            return self._calls.popleft() if self._calls else None

    def close(self) -> list[_Call[Any]]:
        """Let nobody in any more and return who waited."""
        with self._changed:
            self._closed = True
            waiting = list(self._calls)
            self._calls.clear()
            self._changed.notify_all()
            return waiting
