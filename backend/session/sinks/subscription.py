"""One reader's queue."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Any, Generic, TypeVar, cast

from backend.core.flow import Policy
from backend.core.status import SinkStatus
from backend.session.sinks.topics import Item, Topic, size_of

T = TypeVar("T")


class Subscription(Generic[T]):
    """A bounded queue between a run, whose threads put, and one reader, who takes.

    Putting never blocks. With `Policy.NEWEST` the newest item of each topic is kept. With
    `Policy.EVERY` a queue that reaches `capacity` calls `on_full(True)`, upon which nothing more
    is read or sent; what is in flight then still finds a place, so that at most as many answers as
    requests in flight lie above `capacity`. What a source that cannot wait gives meanwhile is lost.
    `most_bytes` bounds what waits in the same way, where it is given; one item always has a place.
    """

    def __init__(
        self,
        name: str,
        topics: Collection[Topic[T]],
        policy: Policy,
        capacity: int,
        on_full: Callable[[Subscription[Any], bool], None],
        on_close: Callable[[Subscription[Any]], None],
        most_bytes: int | None = None,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"A queue holds at least 1 item, got a capacity of {capacity}.")
        self.name = name
        self.topics = topics
        self.policy = policy
        self.capacity = capacity
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._on_full = on_full
        self._on_close = on_close
        self._changed = threading.Condition()
        self._queue: deque[tuple[Topic[T], T]] = deque()
        self._full = False
        self._ended = False
        self._lost = 0

    @property
    def lost(self) -> int:
        """Items that never reached the reader."""
        return self._lost

    @property
    def ended(self) -> bool:
        """Whether nothing more will be put: the run is over or the subscription closed."""
        return self._ended

    def status(self) -> SinkStatus:
        """A snapshot for display."""
        with self._changed:
            return SinkStatus(self.name, self.policy, len(self._queue), self._lost)

    def put(self, topic: Topic[T], item: T) -> None:
        """Add an item; from any thread of the run."""
        with self._changed:
            size = size_of(cast("Item", item)) if self._most_bytes is not None else 0
            if self._ended:
                self._lost += 1
                return
            if self._joined(topic, item):
                return
            if not self._make_room(topic, size):
                self._lost += 1
                return
            self._queue.append((topic, item))
            self._held_bytes += size
            self._changed.notify()
            self._note_fill()

    def take(self, timeout_s: float | None = None) -> T | None:
        """The oldest item; None if there was none in time, or will be none."""
        with self._changed:
            if timeout_s != 0.0:  # a display looks a hundred times a second
                self._changed.wait_for(lambda: self._queue or self._ended, timeout_s)
            if not self._queue:
                return None
            item = self._pop()
            self._note_fill()
            return item

    def drain(self) -> list[T]:
        """Everything that waits, oldest first."""
        with self._changed:
            items = [item for _, item in self._queue]
            self._queue.clear()
            self._held_bytes = 0
            self._note_fill()
            return items

    def __iter__(self) -> Iterator[T]:
        """Every item as it comes, until the run is over or the subscription closed."""
        while (item := self.take()) is not None:
            yield item

    def end(self) -> None:
        """Take no more in; what waits can still be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def leave(self) -> None:
        """Take no more in, and be no reader of the run any more; what waits can still be taken."""
        self.end()
        self._on_close(self)

    def close(self) -> int:
        """Read no more, from any thread; returns how many items were waiting, counted as lost.

        A stream that waits for this reader goes on.
        """
        with self._changed:
            self._ended = True
            unread = len(self._queue)
            self._lost += unread
            self._queue.clear()
            self._held_bytes = 0
            self._note_fill()
            self._changed.notify_all()
        self._on_close(self)
        return unread

    def _pop(self) -> T:
        _, item = self._queue.popleft()
        if self._most_bytes is not None:
            self._held_bytes -= size_of(cast("Item", item))
        return item

    def _has_room(self, size: int) -> bool:
        if len(self._queue) >= self.capacity:
            return False
        most = self._most_bytes
        return most is None or not self._queue or self._held_bytes + size <= most

    def _joined(self, topic: Topic[T], item: T) -> bool:
        """Whether the item became one with the newest that waits."""
        if not self._queue or self._queue[-1][0] is not topic:
            return False
        joined = topic.join(self._queue[-1][1], item)
        if joined is None:
            return False
        self._queue[-1] = topic, joined
        return True

    def _make_room(self, topic: Topic[T], size: int) -> bool:
        """Whether one more item of the topic has a place, for which older ones may give way."""
        match self.policy:
            case Policy.NEWEST:
                kept = [entry for entry in self._queue if entry[0] is not topic]
                self._lost += len(self._queue) - len(kept)
                self._queue = deque(kept)
            case Policy.DROP:
                while not self._has_room(size):
                    self._pop()
                    self._lost += 1
            case Policy.EVERY:
                return self._has_room(size) or topic.follows_requests
        return True

    def _note_fill(self) -> None:
        full = self.policy is Policy.EVERY and not self._has_room(1)
        if full is not self._full:
            self._full = full
            self._on_full(self, full)
