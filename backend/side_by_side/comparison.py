"""Sends each sample of a source to two sides and pairs what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import closing
from functools import partial
from typing import cast

from backend.core.errors import ConsoleError, UsageError
from backend.core.flow import Policy
from backend.core.samples import MediaKind, Sample
from backend.core.status import Failure, Loss, Result, RunStatus
from backend.core.timing import Stage
from backend.core.worker import Worker
from backend.session.run import Session, Summary
from backend.session.sinks import FAILURES, LOSSES, RESULTS, Item, Topic
from backend.side_by_side.pairing import Letter, Outcome, Pair, Pairing
from backend.side_by_side.recorded import recorded_outcomes
from backend.side_by_side.sides import LiveSide, RecordedSide, Side
from backend.sources.shared import SharedSource
from backend.sources.source import Source

_AHEAD = 64
"""How many recorded answers may wait for those that are asked for now."""
_POLL_S = 0.05


class Comparison:
    """One source, two sides, and a run for each side that answers now.

    Both runs read the source in step: every sample goes to both, and the slower one sets the pace.
    Each has its own connection, settings and ledger. With one side recorded, the source has to be
    that very recording, in its order.

    Raises UsageError for sides that cannot be compared.
    """

    def __init__(
        self,
        a: Side,
        b: Side,
        source: Source,
        *,
        worst: int = 10,
        most_pairs: int | None = None,
        on_pair: Callable[[Pair], object] = lambda _pair: None,
        retry: bool = False,
    ) -> None:
        self.sides: dict[Letter, Side] = {"a": a, "b": b}
        live = {letter: side for letter, side in self.sides.items() if isinstance(side, LiveSide)}
        _check(list(live.values()), source)
        self._kind = source.info.kind
        self._most_pairs = most_pairs
        self._on_pair = on_pair
        self._pairs = 0
        self.pairing = Pairing(worst, self._paired)
        self.enough = threading.Event()
        shared = SharedSource(source, len(live))
        self.sessions: dict[Letter, Session] = {}
        for tap, (letter, side) in zip(shared.taps, live.items(), strict=True):
            session = Session(
                side.settings,
                tap,
                resolve=side.resolve,
                retry=retry,
                profiles=side.profile_for,
            )
            session.subscribe(_Collector(letter, self.pairing), Policy.EVERY, "comparison")
            self.sessions[letter] = session
        self._recorded: list[Worker] = [
            Worker("recorded", partial(self._read, letter, side))
            for letter, side in self.sides.items()
            if isinstance(side, RecordedSide)
        ]
        self._conductor = Worker("comparison", self._conduct)
        self.error: ConsoleError | None = None

    def start(self) -> None:
        """Begin; may be called once."""
        for worker in self._recorded:
            worker.start()
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
                broken = next((each.error for each in ended if each.error is not None), None)
                self.error = self.error or broken
                if self.error is not None or (len(ended) == len(sessions) and self._caught_up()):
                    break
        finally:
            for session in sessions:
                session.request_stop()
            for session in sessions:
                while not session.join(_POLL_S):
                    pass
            for worker in self._recorded:
                worker.request_stop()
                while not worker.join(_POLL_S):
                    pass
            self.pairing.finish()
            self.error = self.error or self._refusal()

    def _refusal(self) -> ConsoleError | None:
        """Why a side has answered nothing at all, if one has not."""
        for letter, session in self.sessions.items():
            if self.pairing.failed[letter] and not self.pairing.answered[letter]:
                return session.last_failure
        return None

    def _caught_up(self) -> bool:
        """Whether no recorded answer is still to be read for what was answered now."""
        return all(not each.alive for each in self._recorded) or self.pairing.waiting >= _AHEAD

    def _read(self, letter: Letter, side: RecordedSide, stop: threading.Event) -> None:
        other = next(each for each in self.sides.values() if isinstance(each, LiveSide))
        found = recorded_outcomes(side.path, self._kind, other.profile.audio, stop)
        try:
            with closing(found):
                for number, outcome in found:
                    self.pairing.add(letter, number, outcome, None)
                    while self.pairing.waiting > _AHEAD and not stop.wait(_POLL_S):
                        pass
                    if stop.is_set():
                        return
        except ConsoleError as error:
            self.error = error

    def _paired(self, pair: Pair) -> None:
        if self._most_pairs is not None and self._pairs >= self._most_pairs:
            return
        self._pairs += 1
        self._on_pair(pair)
        if self._pairs == self._most_pairs:
            self.enough.set()


class _Collector:
    """A sink that hands what becomes of each sample to the pairing."""

    topics: Collection[Topic[Item]] = cast("tuple[Topic[Item], ...]", (RESULTS, FAILURES, LOSSES))

    def __init__(self, letter: Letter, pairing: Pairing) -> None:
        self._letter = letter
        self._pairing = pairing

    def write(self, item: Item) -> None:
        """See `Sink.write`."""
        match item:
            case Result():
                marks = item.timeline.marks
                latency_ms = item.timeline.span_ms(Stage.TAKEN, Stage.DECODED) if marks else None
                self._add(item.seq, Outcome(item.predictions, latency_ms), item.sample)
            case Failure():
                self._add(item.seq, Outcome(None, error=str(item.error)), None)
            case Loss():
                for seq in range(item.first, item.last + 1):
                    self._add(seq, Outcome(None, error=f"Dropped: {item.place}."), None)

    def close(self) -> None:
        """Nothing to put away."""

    def _add(self, seq: int, outcome: Outcome, sample: Sample | None) -> None:
        self._pairing.add(self._letter, seq, outcome, sample)


def _check(live: list[LiveSide], source: Source) -> None:
    if not live:
        raise UsageError(
            "Two recordings cannot be compared.",
            "One of the two has to answer now: give it a model, and a target if it is not our own.",
        )
    if len(live) == 2 and source.info.kind is MediaKind.AUDIO:
        formats = [side.profile.audio for side in live]
        if formats[0] != formats[1]:
            raise UsageError(
                "The two models look at stretches of sound that differ in rate, length or step.",
                "Compare models that hear the same, or give both a profile with the same sound.",
            )
