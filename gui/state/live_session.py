"""What the window needs of a run, and of the things a run is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar, overload

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError
from backend.core.flow import Policy
from backend.core.rings import TraceRing
from backend.core.samples import Sample
from backend.core.status import RunStatus
from backend.session.run import Summary
from backend.session.sinks import Item, Sink, Subscription, Topic
from backend.sources.source import Source

T = TypeVar("T")


class ShownRun(Protocol):
    """A run or the look at a recorded one; nothing but `join` with a time ever blocks."""

    @property
    def error(self) -> ConsoleError | None:
        """What ended the run, if it did not end well."""
        ...

    @property
    def traces(self) -> TraceRing:
        """What the newest answers cost."""
        ...

    @overload
    def subscribe(self, what: Topic[T], policy: Policy, name: str) -> Subscription[T]:
        """A queue of a reader's own; what it loses is counted under its name."""

    @overload
    def subscribe(
        self, what: Sink, policy: Policy, name: str, capacity: int, most_bytes: int | None
    ) -> Subscription[Item]:
        """The queue of a reader that is called on a thread of its own."""

    def start(self) -> None:
        """Begin."""
        ...

    def request_stop(self) -> None:
        """Ask for the end."""
        ...

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; with 0, only look."""
        ...

    def change(self, settings: RunSettings | None = None, source: Source | None = None) -> None:
        """Switch while running; raises UsageError for what does not go together."""
        ...

    def retry_now(self) -> None:
        """Do not wait for a pause to pass."""
        ...

    def status(self) -> RunStatus:
        """A snapshot."""
        ...

    def summary(self) -> Summary:
        """The totals."""
        ...


class LiveSession(ShownRun, Protocol):
    """One run."""

    @property
    def last_failure(self) -> ConsoleError | None:
        """Why the newest request that failed did."""
        ...

    def beside(self) -> Source:
        """What it reads, for a second run in step with it."""
        ...


@dataclass(slots=True)
class NewestSample:
    """The newest frame on show, or window of sound that was answered; None before there was one."""

    sample: Sample | None = None


SessionFactory: TypeAlias = Callable[[RunSettings, Source], LiveSession]


class SourceFactory(Protocol):
    """Makes a source of a spec without opening it; may touch the disk."""

    def __call__(self, spec: str, *, loop: bool) -> Source:
        """Raises ConsoleError for what is no source; `loop` matters to files only."""
        ...
