"""A reader that is called, on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Generic, Protocol, TypeVar, cast

from backend.core.flow import Policy
from backend.core.worker import Worker
from backend.session.sinks.subscription import Subscription
from backend.session.sinks.topics import Item, Topic

T = TypeVar("T")


class Sink(Protocol):
    """Called from one thread only; may block and may raise, which ends it and nothing else."""

    @property
    def topics(self) -> Collection[Topic[Item]]:
        """What it wants to have."""
        ...

    def write(self, item: Item) -> None:
        """Items of all topics in the order in which they came about."""
        ...

    def close(self) -> None:
        """Nothing more comes; called once, also after an error."""
        ...


class Callback(Generic[T]):
    """A sink that calls a function for every item of one topic."""

    def __init__(self, topic: Topic[T], function: Callable[[T], object]) -> None:
        self.topics = cast("tuple[Topic[Item]]", (topic,))
        self._function = function

    def write(self, item: Item) -> None:
        """Call the function."""
        self._function(cast("T", item))

    def close(self) -> None:
        """Nothing to put away."""


class SinkWriter:
    """Moves items from a subscription into a sink until either is at its end."""

    def __init__(
        self,
        sink: Sink,
        subscription: Subscription[Any],
        on_failure: Callable[[str, BaseException, int], None],
    ) -> None:
        self.subscription = subscription
        self._sink = sink
        self._on_failure = on_failure
        self._worker = Worker(f"sink-{subscription.name}", self._run)
        self._started = False

    @property
    def name(self) -> str:
        """The subscription's name."""
        return self.subscription.name

    @property
    def needs_all(self) -> bool:
        """Whether the stream waits for this sink."""
        return self.subscription.policy is Policy.EVERY

    @property
    def done(self) -> bool:
        """Whether the sink has been closed."""
        return self._started and not self._worker.alive

    def start(self) -> None:
        """Begin."""
        self._started = True
        self._worker.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the sink to be closed; True if it is."""
        return self._worker.join(timeout_s)

    def _run(self, _stop: object) -> None:
        for step in (self._write_all, self._sink.close):
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - whatever a sink raises ends it alone
                unwritten = self.subscription.close()
                self._on_failure(self.name, error, unwritten)

    def _write_all(self) -> None:
        for item in self.subscription:
            self._sink.write(item)
