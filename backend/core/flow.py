"""Hand-overs between threads: each is bounded, and counts what it loses."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Inbox(Protocol[T]):
    """A place for the next item between one writer and its readers."""

    dropped: int

    def put(self, item: T, timeout_s: float) -> bool:
        """Hand an item over; False if there was no room in time, or the inbox is closed."""
        ...

    def take(self, timeout_s: float) -> T | None:
        """The next item, or None if there was none in time."""
        ...

    def waiting(self) -> int:
        """How many items lie unread."""
        ...

    def wake(self) -> None:
        """Make every reader that waits return now."""
        ...


class LatestSlot(Generic[T]):
    """One-place mailbox for live data: a newer item replaces the unread one."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._item: T | None = None
        self._wakes = 0
        self.dropped = 0

    def put(self, item: T, timeout_s: float = 0.0) -> bool:  # noqa: ARG002 - never waits
        """Replace the unread item, counting it as dropped; always succeeds."""
        with self._ready:
            self.dropped += self._item is not None
            self._item = item
            self._ready.notify()
        return True

    def take(self, timeout_s: float) -> T | None:
        """The newest item, or None after `timeout_s` seconds or a `wake`."""
        with self._ready:
            wakes = self._wakes
            self._ready.wait_for(lambda: self._item is not None or self._wakes != wakes, timeout_s)
            item, self._item = self._item, None
            self._ready.notify()
            return item

    def waiting(self) -> int:
        """1 if an item lies unread, else 0."""
        return int(self._item is not None)

    def wake(self) -> None:
        """Make every `take` that waits return now."""
        with self._ready:
            self._wakes += 1
            self._ready.notify_all()


class PatientSlot(Generic[T]):
    """One-place mailbox for files: the writer waits until the reader has taken the item."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._wakes = 0
        self.dropped = 0

    def put(self, item: T, timeout_s: float) -> bool:
        """Wait for room at most `timeout_s` seconds; False if there was none."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._item is None, timeout_s):
                return False
            self._item = item
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> T | None:
        """The item, or None after `timeout_s` seconds or a `wake`."""
        with self._changed:
            wakes = self._wakes
            self._changed.wait_for(
                lambda: self._item is not None or self._wakes != wakes, timeout_s
            )
            item, self._item = self._item, None
            self._changed.notify_all()
            return item

    def waiting(self) -> int:
        """1 if an item lies unread, else 0."""
        return int(self._item is not None)

    def wake(self) -> None:
        """Make every `take` that waits return now."""
        with self._changed:
            self._wakes += 1
            self._changed.notify_all()


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
