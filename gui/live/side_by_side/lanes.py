"""The two runs of a comparison: the window's own, and one beside it that reads the same source."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, UsageError
from backend.core.flow import Policy
from backend.profiles.model_profile import ModelProfile
from backend.session.sinks import Item, Subscription
from backend.side_by_side import (
    Collector,
    Matches,
    Pair,
    Pairing,
    RecordedAnswers,
    RecordedBeside,
)
from backend.sources.source import RecordedSource, Source
from gui.live.side_by_side.choices import OtherSide
from gui.live.side_by_side.two_recordings import (
    BARS,
    CAPACITY,
    MOST_BYTES,
    MOST_WAITING,
    READER,
    WORST,
)
from gui.state.live_session import LiveSession
from gui.widgets.language import tr

MakeBeside: TypeAlias = Callable[
    [Callable[[RunSettings], ModelProfile], RunSettings, Source], LiveSession
]
"""Makes a run that is not started; the first finds the model's profile."""

_MANY_UNKNOWN = 10


class Lanes:
    """Side B and the pairing for one source of a run; ended by `close`, which leaves side A alone.

    Side B joins the run where that is: nothing is opened anew. Each has a ledger of its own, that
    of its run. Raises ConsoleError for a side B that cannot be had over this source.
    """

    def __init__(
        self,
        side: OtherSide,
        a: LiveSession,
        source: Source,
        settings: RunSettings,
        profile: ModelProfile | None,
        make: MakeBeside,
        matches: Matches | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._newest: Pair | None = None
        self._recent: deque[float | None] = deque(maxlen=BARS)
        self.first_ns = 0
        self.pairing = Pairing(WORST, self._paired, most_kept=BARS, most_waiting=MOST_WAITING)
        self.b: LiveSession | None = None
        self._beside: Source | None = None
        self._recorded: RecordedBeside | None = None
        if side.recording is not None:
            self._recorded = self._beside_recorded(source, side.recording, matches)
            self._followed = self._subscribe(a, Collector("a", self.pairing, self._recorded))
            return
        if profile is None:
            raise ValueError("A side that answers now needs a profile.")
        self._beside = a.beside()
        try:
            self.b = make(lambda _settings: profile, settings, self._beside)
        except ConsoleError:
            self._beside.close()  # else side A would wait for it
            raise
        self._followed = self._subscribe(a, Collector("a", self.pairing))
        self._subscribe(self.b, Collector("b", self.pairing))
        self.b.start()

    def _beside_recorded(
        self, source: Source, recording: Path, matches: Matches | None
    ) -> RecordedBeside:
        """What was recorded of the samples, or of the same ones in another recording."""
        known = {recording} if matches is None else {matches.a}
        if not isinstance(source, RecordedSource) or source.recording not in known:
            raise UsageError(
                tr("Another source is streamed than the recording."),
                tr("Open the recording again, or end the comparison."),
            )
        answers = RecordedAnswers(recording, source.info.kind)
        if matches is None:
            return RecordedBeside("b", source, answers, self.pairing)
        return RecordedBeside("b", source, answers, self.pairing, matches.in_b)

    @property
    def error(self) -> ConsoleError | None:
        """Why there is no side B any more."""
        if self._recorded is not None:
            return self._recorded.error
        return self.b.error if self.b is not None else None

    @property
    def unknown(self) -> bool:
        """Whether side B is a recording that knows nothing of the newest samples."""
        return self._recorded is not None and self._recorded.unknown >= _MANY_UNKNOWN

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
        """No side B any more: it reads on no longer, so that side A is not held up."""
        self._followed.close()
        if self._beside is not None:
            self._beside.close()
        if self._recorded is not None:
            self._recorded.close()
        if self.b is not None:
            self.b.request_stop()

    @staticmethod
    def _subscribe(session: LiveSession, collector: Collector) -> Subscription[Item]:
        return session.subscribe(collector, Policy.EVERY, READER, CAPACITY, MOST_BYTES)

    def _paired(self, pair: Pair) -> None:
        with self._lock:
            self._newest = pair
            self._recent.append(pair.agreement.value if pair.agreement is not None else None)
            self.first_ns = self.first_ns or pair.number
