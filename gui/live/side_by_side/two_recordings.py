"""A recording that is looked at, beside another one of the same samples: nothing is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from backend.core.errors import ConsoleError
from backend.core.flow import Policy
from backend.core.samples import Frame
from backend.recording import Showing
from backend.session.sinks import FRAMES
from backend.side_by_side import (
    Collector,
    Matches,
    Outcome,
    Pair,
    Pairing,
    RecordedAnswers,
    RecordedBeside,
)
from gui.state.live_session import LiveSession
from gui.state.tasks import Tasks
from gui.widgets.language import tr

READER, CAPACITY, MOST_BYTES = "comparison", 16, 64 * 1024 * 1024
BARS, WORST, MOST_WAITING = 600, 8, 64
_ANSWER_WITHIN_S = 0.5
"""A picture on show that has no answers by then has none: nothing of the one before stays."""


class BothRead:
    """What two recordings have in common, read once from beginning to end.

    Raises ConsoleError where they have nothing in common, or one cannot be read.
    """

    def __init__(self, a: Path, b: Path, stop: threading.Event) -> None:
        self.agreements: list[float | None] = []
        self.matches = Matches(a, b, Pairing(WORST, self._paired), stop)

    def _paired(self, pair: Pair) -> None:
        self.agreements.append(pair.agreement.value if pair.agreement is not None else None)


class BothReader:
    """Reads two recordings elsewhere, and remembers the last two."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._read: BothRead | None = None
        self._stop = threading.Event()

    def known(self, a: Path | None, b: Path | None) -> BothRead | None:
        """What these two have in common, if that was read."""
        read = self._read
        return read if read is not None and (read.matches.a, read.matches.b) == (a, b) else None

    def read(
        self, a: Path, b: Path, done: Callable[[], None], failed: Callable[[Exception], None]
    ) -> None:
        """Read these two, and no others any more."""
        self.stop()
        stop = self._stop = threading.Event()

        def ready(both: BothRead) -> None:
            if not stop.is_set():
                self._read = both
                done()

        self._tasks.start("recordings", lambda: BothRead(a, b, stop), ready, failed)

    def stop(self) -> None:
        """Nobody wants to know any more."""
        self._stop.set()


class TwoRecordings:
    """Pairs what is shown of a recording with what the other one has of the same sample.

    Figures and the list of what differs most are those of the whole recordings.
    """

    b: LiveSession | None = None
    """Neither side is a run."""

    def __init__(self, showing: Showing, both: BothRead) -> None:
        self._showing, self._both = showing, both
        self._lock = threading.Lock()
        self._newest: Pair | None = None
        self._alone: tuple[Frame, float] | None = None
        self.pairing = both.matches.pairing
        self._shown = Pairing(0, self._paired, most_kept=1, most_waiting=MOST_WAITING)
        answers = RecordedAnswers(both.matches.b, showing.info.kind)
        self._beside = RecordedBeside("b", showing, answers, self._shown, both.matches.in_b)
        self._followed = showing.subscribe(
            Collector("a", self._shown, self._add), Policy.EVERY, READER, CAPACITY, MOST_BYTES
        )
        self._frames = showing.subscribe(FRAMES, Policy.NEWEST, READER)
        showing.playback.seek(showing.playback.status().position_s)  # what is on show, once more

    @property
    def names(self) -> tuple[str, str]:
        """Those of the files."""
        return self._both.matches.a.name, self._both.matches.b.name

    @property
    def error(self) -> ConsoleError | None:
        """Why the other recording can be read no further."""
        return self._beside.error

    @property
    def unknown(self) -> bool:
        """What the other one has not is said of each sample."""
        return False

    @property
    def first_ns(self) -> int:
        """The moment of the first sample."""
        return self._showing.first_ns

    def take(self) -> Pair | None:
        """What is shown with both answers, if it is new."""
        now = time.monotonic()
        if (frame := self._frames.take(0.0)) is not None:
            self._alone = frame, now + _ANSWER_WITHIN_S
        with self._lock:
            pair, self._newest = self._newest, None
        if self._alone is None:
            return pair
        frame, until = self._alone
        if pair is not None:
            self._alone = None if pair.number >= frame.captured_ns else self._alone
        elif now > until:
            self._alone = None
            nothing = Outcome(None, error=tr("no answer recorded"))
            return Pair(frame.captured_ns, frame, nothing, Outcome(None), None)
        return pair

    def recent(self) -> list[float | None]:
        """How far the samples of the whole recordings agree; of several to a bar the least."""
        return least_of(self._both.agreements, BARS)

    def show(self, recorded_ns: int) -> None:
        """Show the sample of that moment."""
        self._showing.playback.pause()
        self._showing.playback.seek(self._showing.place_s(recorded_ns))

    def close(self) -> None:
        """Only look at the one from now on."""
        self._followed.close()
        self._frames.close()
        self._beside.close()

    def _add(self, number: int, given: object) -> None:
        self._beside(number, given)  # type: ignore[arg-type]
        if self._beside.unknown:
            self._shown.add("b", number, Outcome(None, error=tr("not in this recording")), None)

    def _paired(self, pair: Pair) -> None:
        with self._lock:
            self._newest = pair


def least_of(values: Sequence[float | None], bars: int) -> list[float | None]:
    """At most so many values: of those that fall together None if there is one, or the least."""
    if len(values) <= bars:
        return list(values)
    edges = [round(bar * len(values) / bars) for bar in range(bars + 1)]
    parts = (values[first:last] for first, last in pairwise(edges))
    return [None if None in part else min(part) for part in parts]  # type: ignore[type-var]
