"""A run beside one that goes on: both get every sample, and their answers are paired."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import cast

from backend.core.errors import ConsoleError
from backend.core.samples import Frame, Sample
from backend.core.status import Failure, Loss, Result, Sent
from backend.core.timing import Stage
from backend.session.sinks import FAILURES, LOSSES, RESULTS, SENT, Item, Topic
from backend.side_by_side.pairing import Letter, Outcome, Pairing
from backend.side_by_side.recorded import Place, RecordedAnswers
from backend.sources.source import RecordedSource

_SENT_KEPT = 256
"""Samples on their way whose moments are remembered: more than can be in flight."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A sample as a source gave it: when, how long before the end of its block, and where."""

    captured_ns: int
    behind_ns: int
    media_time_s: float | None


def _given(sample: Sample) -> _Given:
    behind_ns = 0 if isinstance(sample, Frame) else sample.behind_ns
    return _Given(sample.captured_ns, behind_ns, sample.media_time_s)


class Collector:
    """A sink that hands what becomes of each sample to a pairing.

    By their numbers, which two runs of the same samples from their beginning share, or by the
    moments of their capture, which samples of one source always do. `also` is called with number
    or moment and the place of each sample of which something became, before that is added.
    """

    topics: Collection[Topic[Item]] = cast(
        "tuple[Topic[Item], ...]", (SENT, RESULTS, FAILURES, LOSSES)
    )

    def __init__(
        self,
        letter: Letter,
        pairing: Pairing,
        also: Callable[[int, _Given], object] = lambda _number, _given: None,
        *,
        by_moment: bool = True,
    ) -> None:
        self._letter = letter
        self._pairing = pairing
        self._also = also
        self._by_moment = by_moment
        self._sent: OrderedDict[int, _Given] = OrderedDict()

    def write(self, item: Item) -> None:
        """See `Sink.write`."""
        match item:
            case Sent():
                self._sent[item.seq] = _given(item.sample)
                while len(self._sent) > _SENT_KEPT:
                    self._sent.popitem(last=False)
            case Result():
                marks = item.timeline.marks
                latency_ms = item.timeline.span_ms(Stage.TAKEN, Stage.DECODED) if marks else None
                outcome = Outcome(item.predictions, latency_ms, result=item)
                self._add(item.seq, _given(item.sample), outcome, item.sample)
            case Failure():
                self._lost(item.seq, str(item.error))
            case Loss():
                for seq in range(item.first, item.last + 1):
                    self._lost(seq, f"Dropped: {item.place}.")

    def close(self) -> None:
        """Nothing to put away."""

    def _lost(self, seq: int, error: str) -> None:
        given = self._sent.get(seq)
        if given is not None:
            self._add(seq, given, Outcome(None, error=error), None)

    def _add(self, seq: int, given: _Given, outcome: Outcome, sample: Sample | None) -> None:
        self._sent.pop(seq, None)
        number = given.captured_ns if self._by_moment else seq
        self._also(number, given)
        self._pairing.add(self._letter, number, outcome, sample)


class RecordedBeside:
    """Adds to what becomes of the samples of a recording now what became of them then.

    `moment_of` tells when the answers have a sample that the source captured at a moment: another
    where they are those of another recording, None where it has no such sample.
    """

    def __init__(
        self,
        letter: Letter,
        source: RecordedSource,
        answers: RecordedAnswers,
        pairing: Pairing,
        moment_of: Callable[[int], int | None] = lambda at_ns: at_ns,
    ) -> None:
        self._letter: Letter = letter
        self._source = source
        self._answers = answers
        self._pairing = pairing
        self._moment_of = moment_of
        self._stop = threading.Event()
        self.error: ConsoleError | None = None
        """Why the recording can be read no further."""
        self.unknown = 0
        """How many samples in a row were answered now and not in the recording."""

    def __call__(self, number: int, given: _Given) -> None:
        """For `Collector`: something became of a sample."""
        block_ns = self._source.recorded_ns(given.captured_ns + given.behind_ns)
        if block_ns is None or self.error is not None:
            return
        at_ns = self._moment_of(block_ns - given.behind_ns)
        try:
            found = self._find(at_ns, given.media_time_s)
        except ConsoleError as error:
            self.error = error
            return
        if found is not None:
            self.unknown = 0
            self._pairing.add(self._letter, number, found, None)
        else:
            self.unknown += 1

    def _find(self, at_ns: int | None, media_time_s: float | None) -> Outcome | None:
        if at_ns is None:
            return None
        return self._answers.find(Place(at_ns, media_time_s), self._stop)

    def close(self) -> None:
        """Read no more."""
        self._stop.set()
