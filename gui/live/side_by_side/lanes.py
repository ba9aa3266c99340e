"""The two runs of a comparison: the window's own, and one beside it that reads the same source."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, UsageError
from backend.core.flow import Policy
from backend.profiles.model_profile import ModelProfile
from backend.session.sinks import Item, Subscription
from backend.side_by_side import (
    Collector,
    Pair,
    Pairing,
    PlacedSource,
    RecordedAnswers,
    RecordedBeside,
)
from backend.sources.shared import SharedSource
from backend.sources.source import Source, recording_of
from gui.live.side_by_side.choices import OtherSide
from gui.state.live_session import LiveSession
from gui.widgets.language import tr

MakeBeside: TypeAlias = Callable[
    [Callable[[RunSettings], ModelProfile], RunSettings, Source], LiveSession
]
"""Makes a run that is not started; the first finds the model's profile."""

_READER = "comparison"
_CAPACITY, _MOST_BYTES = 16, 64 * 1024 * 1024
_PAIRS_KEPT, _WORST, _MOST_WAITING = 600, 8, 64


class Lanes:
    """Side B and the pairing for one source; ended by `close`, which leaves side A alone.

    `source` is what side A reads. Each of the two has a ledger of its own, that of its run.
    Raises ConsoleError for a side B that cannot be had over this source.
    """

    def __init__(
        self,
        side: OtherSide,
        source: Source,
        settings: RunSettings,
        profile: ModelProfile | None,
        make: MakeBeside,
    ) -> None:
        self._lock = threading.Lock()
        self._newest: Pair | None = None
        self._recent: deque[float | None] = deque(maxlen=_PAIRS_KEPT)
        self.first_ns = 0
        self.pairing = Pairing(
            _WORST, self._paired, most_kept=_PAIRS_KEPT, most_waiting=_MOST_WAITING
        )
        self.b: LiveSession | None = None
        self._recorded: RecordedBeside | None = None
        self._followed: Subscription[Item] | None = None
        if side.recording is not None:
            if recording_of(source) != side.recording:
                raise UsageError(
                    tr("Another source is streamed than the recording."),
                    tr("Open the recording again, or end the comparison."),
                )
            placed = PlacedSource(source)
            answers = RecordedAnswers(side.recording)
            self._recorded = RecordedBeside(placed, answers, self.pairing)
            self.source: Source = placed
            self._of_a = Collector("a", self.pairing, self._recorded)
            return
        if profile is None:
            raise ValueError("A side that answers now needs a profile.")
        ours, theirs = SharedSource(source, 2).taps
        self.source = ours
        self._of_a = Collector("a", self.pairing)
        self.b = make(lambda _settings: profile, settings, theirs)
        self._subscribe(self.b, Collector("b", self.pairing))

    def start(self, a: LiveSession) -> None:
        """Side A reads `source` from now on: pair its answers, and begin with side B."""
        self._followed = self._subscribe(a, self._of_a)
        if self.b is not None:
            self.b.start()

    @property
    def error(self) -> ConsoleError | None:
        """Why there is no side B any more."""
        if self._recorded is not None:
            return self._recorded.error
        return self.b.error if self.b is not None else None

    def take(self) -> Pair | None:
        """The newest pair since the last call."""
        with self._lock:
            pair, self._newest = self._newest, None
        return pair

    def recent(self) -> list[float | None]:
        """How far each of the newest pairs agrees, oldest first; None where one has no answer."""
        with self._lock:
            return list(self._recent)

    def close(self) -> None:
        """No side B any more; its tap is let go, so that side A is not held up."""
        followed, self._followed = self._followed, None
        if followed is not None:
            followed.close()
        if self._recorded is not None:
            self._recorded.close()
        if self.b is not None:
            self.b.request_stop()

    @staticmethod
    def _subscribe(session: LiveSession, collector: Collector) -> Subscription[Item]:
        return session.subscribe(collector, Policy.EVERY, _READER, _CAPACITY, _MOST_BYTES)

    def _paired(self, pair: Pair) -> None:
        with self._lock:
            self._newest = pair
            self._recent.append(pair.agreement.value if pair.agreement is not None else None)
            self.first_ns = self.first_ns or pair.number
