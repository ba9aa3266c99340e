"""A bounded hand-over from a model's thread to the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

UNREAD_LIMIT = 256
"""Answers of one request that may wait for its reader; then the model waits."""

_WAIT_S = 0.5
"""How often a waiting model looks whether it is worth waiting for."""


class Mailbox(Generic[T]):
    """Items in order, then an end: plain, or with an error. Made on the event loop.

    `get` belongs to the loop, everything else may be called from any thread.
    """

    def __init__(self, limit: int = UNREAD_LIMIT) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._limit = limit
        self._changed = threading.Condition()
        self._items: deque[tuple[T, bool]] = deque()
        self._filled = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None

    def put(self, item: T, *, last: bool) -> bool:
        """Add an item; waits while too many are unread, unless the loop itself calls.

        False if nobody will read it.
        """
        patient = threading.get_ident() != self._loop_thread
        with self._changed:
            while patient and not self._ended and len(self._items) >= self._limit:
                self._changed.wait(_WAIT_S)
            if self._ended:
                return False
            self._items.append((item, last))
            self._ended = last
        self._wake()
        return True

    def fail(self, error: BaseException) -> None:
        """End with an error, after what is in it already."""
        with self._changed:
            if self._ended:
                return
            self._ended, self._error = True, error
            self._changed.notify_all()
        self._wake()

    def close(self) -> None:
        """Read no more: what comes is thrown away, and who waits is let go."""
        with self._changed:
            self._ended = True
            self._items.clear()
            self._changed.notify_all()

    async def get(self) -> tuple[T, bool]:
        """The next item, and whether it is the last; raises the error it was ended with."""
        while True:
            with self._changed:
                self._filled.clear()
                if self._items:
                    item = self._items.popleft()
                    self._changed.notify_all()
                    return item
                if self._error is not None:
                    raise self._error
            await self._filled.wait()

    def _wake(self) -> None:
        if threading.get_ident() == self._loop_thread:
            self._filled.set()
            return
        try:
            self._loop.call_soon_threadsafe(self._filled.set)
        except RuntimeError:  # the loop has ended: nobody reads any more
            return
