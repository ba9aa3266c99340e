"""All readers of a run: who gets what, and whether the stream has to wait for one of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Any, TypeVar

from backend.core.errors import ConsoleError
from backend.core.flow import Policy
from backend.core.status import Notice, Severity, SinkStatus
from backend.session.sinks.sink import Sink, SinkWriter
from backend.session.sinks.subscription import Subscription
from backend.session.sinks.topics import NOTICES, Topic

CAPACITY = 64
_STOP_WAIT_S = 1.0
"""How long a sink may still write once the run has been stopped."""
_POLL_S = 0.05

T = TypeVar("T")


class Subscriptions:
    """Hands every item to whoever subscribed to its topic, from any thread and without blocking.

    The threads that read and send call `wait_for_room` before each sample: it holds them back
    while the queue of a reader that must get every item is full. Sinks are called after `start`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: tuple[Subscription[Any], ...] = ()
        # Replaced as a whole at every change, so that `publish` needs no lock of its own.
        self._by_topic: dict[Topic[Any], tuple[Subscription[Any], ...]] = {}
        self._full: set[Subscription[Any]] = set()
        self._room = threading.Event()
        self._room.set()
        self._writers: list[SinkWriter] = []
        self._started = self._ended = False

    def add(
        self,
        what: Topic[Any] | Sink,
        policy: Policy,
        name: str,
        capacity: int,
        most_bytes: int | None = None,
    ) -> Subscription[Any]:
        """See `Publisher.subscribe`."""
        topics: Collection[Topic[Any]] = (what,) if isinstance(what, Topic) else what.topics
        reader: Subscription[Any] = Subscription(
            name, topics, policy, capacity, self._note_full, self._remove, most_bytes
        )
        with self._lock:
            self._writers = [writer for writer in self._writers if not writer.done]
            if self._ended:
                reader.end()
            self._set_all((*self._all, reader))
            if not isinstance(what, Topic):
                writer = SinkWriter(what, reader, self._sink_failed)
                self._writers.append(writer)
                if self._started:
                    writer.start()
        return reader

    def publish(self, topic: Topic[T], item: T) -> None:
        """Hand an item to every reader of the topic."""
        for reader in self._by_topic.get(topic, ()):
            reader.put(topic, item)

    def wait_for_room(self, timeout_s: float) -> bool:
        """Whether the stream may go on, after waiting for it at most so long."""
        return self._room.is_set() or self._room.wait(timeout_s)

    def status(self) -> tuple[SinkStatus, ...]:
        """A snapshot of every reader that has not closed its subscription."""
        return tuple(reader.status() for reader in self._all)

    def start(self) -> None:
        """Call the sinks from now on, each on a thread of its own."""
        with self._lock:
            self._started = True
            writers = list(self._writers)
        for writer in writers:
            writer.start()

    def finish(self, stop: threading.Event) -> None:
        """End every subscription, and wait until the sinks have written what they were given.

        A sink that gets every item may take as long as it needs until `stop` is set; then, as the
        others, it has one more second. What it has not taken by then is lost, and a notice says so.
        """
        with self._lock:
            self._ended = True
            writers = list(self._writers)
        for writer in writers:
            writer.subscription.end()
        for writer in _unfinished(writers, stop):
            unwritten = writer.subscription.close()
            self._notify(f"{writer.name} was not done in time.", f"Items lost: {unwritten}.")
        for reader in self._all:
            reader.end()

    def _note_full(self, reader: Subscription[Any], full: bool) -> None:
        with self._lock:
            if full:
                self._full.add(reader)
                self._room.clear()
                return
            self._full.discard(reader)
            if not self._full:
                self._room.set()

    def _remove(self, reader: Subscription[Any]) -> None:
        with self._lock:
            self._set_all(tuple(each for each in self._all if each is not reader))

    def _set_all(self, readers: tuple[Subscription[Any], ...]) -> None:
        self._all = readers
        topics = {topic for reader in readers for topic in reader.topics}
        self._by_topic = {
            topic: tuple(reader for reader in readers if topic in reader.topics) for topic in topics
        }

    def _sink_failed(self, name: str, error: BaseException, unwritten: int) -> None:
        reason = (
            error.message if isinstance(error, ConsoleError) else f"{type(error).__name__}: {error}"
        )
        body = f"It gets nothing more. Items lost: {unwritten}."
        self._notify(f"{name} failed: {reason}", body)

    def _notify(self, title: str, body: str) -> None:
        self.publish(NOTICES, Notice(Severity.ERROR, title, body))


def _unfinished(writers: list[SinkWriter], stop: threading.Event) -> list[SinkWriter]:
    """Those that still write when the time for it is up."""
    until: float | None = None
    while unfinished := [writer for writer in writers if not writer.done]:
        if any(writer.needs_all for writer in unfinished) and not stop.is_set():
            until = None
        elif until is None:
            until = time.monotonic() + _STOP_WAIT_S
        elif time.monotonic() > until:
            break
        unfinished[0].join(_POLL_S)
    return unfinished
