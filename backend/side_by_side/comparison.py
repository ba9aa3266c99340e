"""Sends each sample of a source to two sides and pairs what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend.core.errors import ConsoleError, UsageError
from backend.core.flow import Policy
from backend.core.samples import MediaKind
from backend.core.status import RunStatus
from backend.core.worker import Worker
from backend.session.run import Session, Summary
from backend.side_by_side.beside import Collector, RecordedBeside
from backend.side_by_side.pairing import Letter, Pair, Pairing
from backend.side_by_side.recorded import RecordedAnswers
from backend.side_by_side.recordings import RecordedPairs
from backend.side_by_side.sides import LiveSide, RecordedSide, Side
from backend.sources.source import RecordedSource, Source

_MOST_WAITING = 256
"""Answers, pictures included, that wait for the other side's: the two are in step."""
_POLL_S = 0.05


class Comparison:
    """One source, two sides, and a run for each side that answers now.

    Both runs read the source in step: every sample goes to both, and the slower one sets the pace.
    Each has its own connection, settings and ledger. With one side recorded, the source has to be
    that very recording, in its order; with both, there is none.

    Raises UsageError for sides that cannot be compared.
    """

    def __init__(
        self,
        a: Side,
        b: Side,
        source: Source | None,
        *,
        worst: int = 10,
        most_pairs: int | None = None,
        on_pair: Callable[[Pair], object] = lambda _pair: None,
        retry: bool = False,
    ) -> None:
        self.sides: dict[Letter, Side] = {"a": a, "b": b}
        _check([side for side in (a, b) if isinstance(side, LiveSide)], source)
        self._most_pairs = most_pairs
        self._on_pair = on_pair
        self._pairs = 0
        self.error: ConsoleError | None = None
        self.pairing = Pairing(worst, self._paired, most_waiting=_MOST_WAITING)
        self.enough = threading.Event()
        self.sessions: dict[Letter, Session] = {}
        self._beside: RecordedBeside | None = None
        self._both: RecordedPairs | None = None
        if isinstance(a, RecordedSide) and isinstance(b, RecordedSide):
            self._both = RecordedPairs(a.path, b.path, self.pairing)
        elif source is not None:
            self._join(source, retry=retry)
        self._read = Worker("recorded", self._both.run) if self._both is not None else None
        self._conductor = Worker("comparison", self._conduct)

    def _join(self, source: Source, *, retry: bool) -> None:
        for letter, side in self.sides.items():
            if isinstance(side, RecordedSide):
                self._beside = self._recorded(letter, side, source)
        for letter, side in self.sides.items():
            if isinstance(side, LiveSide):
                read = next((each.beside() for each in self.sessions.values()), source)
                session = Session(
                    side.settings,
                    read,
                    resolve=side.resolve,
                    retry=retry,
                    profiles=side.profile_for,
                )
                also = self._beside or (lambda _number, _given: None)
                collector = Collector(letter, self.pairing, also, by_moment=False)
                session.subscribe(collector, Policy.EVERY, "comparison")
                self.sessions[letter] = session

    def _recorded(self, letter: Letter, side: RecordedSide, source: Source) -> RecordedBeside:
        if not isinstance(source, RecordedSource):
            raise UsageError(
                f"The answers of {side.path.name} are those to its own samples, "
                f"not to those of {source.info.name}."
            )
        answers = RecordedAnswers(side.path, source.info.kind)
        return RecordedBeside(letter, source, answers, self.pairing)

    def start(self) -> None:
        """Begin; may be called once."""
        if self._read is not None:
            self._read.start()
        for session in self.sessions.values():
            session.start()
        self._conductor.start()

    def request_stop(self) -> None:
        """End both; pairs that are whole count."""
        self.enough.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; True if it has come."""
        return self._conductor.join(timeout_s)

    def status(self) -> dict[Letter, RunStatus]:
        """A snapshot of each side that answers now."""
        return {letter: session.status() for letter, session in self.sessions.items()}

    def summaries(self) -> dict[Letter, Summary]:
        """The totals of each side that answers now."""
        return {letter: session.summary() for letter, session in self.sessions.items()}

    # -- its threads ---------------------------------------------------------------------------

    def _conduct(self, _stop: threading.Event) -> None:
        sessions = self.sessions.values()
        try:
            while not self.enough.wait(_POLL_S):
                ended = [session for session in sessions if session.join(0.0)]
                self.error = self._broken(ended)
                read = self._read is None or not self._read.alive
                if self.error is not None or (len(ended) == len(sessions) and read):
                    break
        finally:
            running: list[Session | Worker] = [*sessions]
            if self._read is not None:
                running.append(self._read)
            for each in running:
                each.request_stop()
            for each in running:
                while not each.join(_POLL_S):
                    pass
            self.pairing.finish()
            self.error = self.error or self._broken(list(sessions)) or self._refusal()

    def _broken(self, ended: list[Session]) -> ConsoleError | None:
        """Why it cannot go on, if something broke."""
        for each in (*ended, self._both, self._beside):
            if each is not None and each.error is not None:
                return each.error
        return None

    def _refusal(self) -> ConsoleError | None:
        """Why a side has answered nothing at all, if one has not."""
        for letter, session in self.sessions.items():
            if self.pairing.failed[letter] and not self.pairing.answered[letter]:
                return session.last_failure
        return None

    def _paired(self, pair: Pair) -> None:
        if self._most_pairs is not None and self._pairs >= self._most_pairs:
            return
        self._pairs += 1
        self._on_pair(pair)
        if self._pairs == self._most_pairs:
            self.enough.set()


def _check(live: list[LiveSide], source: Source | None) -> None:
    if (source is None) is bool(live):
        raise ValueError("A source is for sides that answer now, and they need one.")
    if len(live) == 2 and source is not None and source.info.kind is MediaKind.AUDIO:
        formats = [side.profile.audio for side in live]
        if formats[0] != formats[1]:
            raise UsageError(
                "The two models look at stretches of sound that differ in rate, length or step.",
                "Compare models that hear the same, or give both a profile with the same sound.",
            )
