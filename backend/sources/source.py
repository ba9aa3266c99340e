"""What every source offers, whether it is a camera, a file or a test pattern."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol, runtime_checkable

from backend.core.flow import DrainLog
from backend.core.samples import Captured
from backend.core.status import Notice, SourceInfo


class EndOfSource(Exception):
    """A source that plays once has given its last item."""


class Source(Protocol):
    """Gives pictures or sound, one item at a time, to the one thread that owns it.

    The owner calls `open`, then `read` until it has enough, then `close`, and may do so again: a
    source that was lost is opened anew. `open` and `read` return soon after `stop` is set, or stay
    inside their driver for at most a few seconds; the owner is prepared to leave them behind.
    """

    @property
    def info(self) -> SourceInfo:
        """What is known: before `open` the name and kind, afterwards the real size and rate."""
        ...

    def open(self, stop: threading.Event) -> SourceInfo:
        """Open the device, file or connection; raises SourceError, whose fault says why not."""
        ...

    def read(self, stop: threading.Event) -> Captured | None:
        """The next item, in its own time; None if there is none yet.

        Raises EndOfSource after the last item and SourceError when the source is lost.
        """
        ...

    def close(self) -> None:
        """Let go of the device; may be called in any state."""
        ...


@runtime_checkable
class NoticeSource(Protocol):
    """A source that leaves notices; whoever shows them drains the log, from any thread."""

    @property
    def notices(self) -> DrainLog[Notice]:
        """What happened since it was last drained."""
        ...


@runtime_checkable
class RecordedSource(Protocol):
    """A source that plays a recording of a run, answers included, which others may want to show."""

    @property
    def recording(self) -> Path:
        """The file."""
        ...

    def recorded_ns(self, captured_ns: int) -> int | None:
        """When what it gave at that moment was captured for the recording, since 1970.

        None for what it does not know, or no more. From any thread.
        """
        ...


def recording_of(source: object) -> Path | None:
    """The file of a source that plays a recording of a run."""
    return source.recording if isinstance(source, RecordedSource) else None
