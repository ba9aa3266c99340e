"""Hand-overs between threads: each is bounded, and counts what it loses."""

from __future__ import annotations

import threading
from collections import deque
from enum import StrEnum
from typing import Generic, TypeVar

_PAUSES_S = (1.0, 2.0, 4.0, 8.0)

T = TypeVar("T")


class Policy(StrEnum):
    """What becomes of items that a reader has not taken yet when more of them come."""

    NEWEST = "newest"
    """A newer item replaces the unread one: for what is shown."""
    EVERY = "every"
    """The stream waits for room: for what must be complete."""
    DROP = "drop"
    """A full queue loses its oldest item: for what is nice to have."""


class LatestSlot(Generic[T]):
    """One-place mailbox for live data: a newer item replaces the unread one."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._item: T | None = None
        self._wakes = 0
        self.dropped = 0

    def put(self, item: T) -> None:
        """Replace the unread item, counting it as dropped."""
        with self._ready:
            self.dropped += self._item is not None
            self._item = item
            self._ready.notify()

    def take(self, timeout_s: float) -> T | None:
        """The newest item, or None after `timeout_s` seconds or a `wake`."""
        with self._ready:
            wakes = self._wakes
            self._ready.wait_for(lambda: self._item is not None or self._wakes != wakes, timeout_s)
            item, self._item = self._item, None
            return item

    def wake(self) -> None:
        """Make every `take` that waits return now."""
        with self._ready:
            self._wakes += 1
            self._ready.notify_all()


class Credits:
    """Permits for requests in flight; the limit may change while they are out."""

    def __init__(self, limit: int) -> None:
        self._changed = threading.Condition()
        self._limit = limit
        self._out = 0
        self._wakes = 0

    @property
    def limit(self) -> int:
        """How many may be out at once."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        with self._changed:
            self._limit = limit
            self._changed.notify_all()

    @property
    def out(self) -> int:
        """How many are out now."""
        return self._out

    def take(self, timeout_s: float) -> bool:
        """Take one permit; False after `timeout_s` seconds or a `wake`."""
        with self._changed:
            wakes = self._wakes
            self._changed.wait_for(
                lambda: self._out < self._limit or self._wakes != wakes, timeout_s
            )
            if self._out >= self._limit:
                return False
            self._out += 1
            return True

    def refund(self) -> None:
        """Give one permit back."""
        with self._changed:
            self._out -= 1
            self._changed.notify()

    def wake(self) -> None:
        """Make every `take` that waits return now."""
        with self._changed:
            self._wakes += 1
            self._changed.notify_all()


class DrainLog(Generic[T]):
    """A bounded queue that a display empties at its own pace; the oldest items give way."""

    def __init__(self, capacity: int) -> None:
        self._lock = threading.Lock()
        self._items: deque[T] = deque(maxlen=capacity)
        self.dropped = 0

    def put(self, item: T) -> None:
        """Add an item; a full log loses its oldest and counts it."""
        with self._lock:
            self.dropped += len(self._items) == self._items.maxlen
            self._items.append(item)

    def drain(self) -> list[T]:
        """Take everything that came since the last call, oldest first."""
        with self._lock:
            items = list(self._items)
            self._items.clear()
            return items


class Backoff:
    """Growing pauses, 1, 2, 4 and then 8 s, that start over after a success."""

    def __init__(self) -> None:
        self.attempt = 0

    def next_pause_s(self) -> float:
        """The pause before the next attempt, which is hereby counted."""
        pause = _PAUSES_S[min(self.attempt, len(_PAUSES_S) - 1)]
        self.attempt += 1
        return pause

    def reset(self) -> None:
        """It worked: the next failure starts from the shortest pause."""
        self.attempt = 0
