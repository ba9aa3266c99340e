"""A run beside one that goes on: both get every sample, and their answers are paired."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import cast

from backend.core.errors import ConsoleError
from backend.core.samples import Captured, Sample
from backend.core.status import Failure, Loss, Result, Sent, SourceInfo
from backend.core.timing import Stage
from backend.session.sinks import FAILURES, LOSSES, RESULTS, SENT, Item, Topic
from backend.side_by_side.pairing import Letter, Outcome, Pairing
from backend.side_by_side.recorded import RecordedAnswers
from backend.sources.source import Source

_SENT_KEPT = 256
"""Samples on their way whose moments are remembered: more than can be in flight."""


class Collector:
    """A sink that hands what becomes of each sample to a pairing, by the moment of its capture.

    Two runs number their samples each by itself, but samples of one shared source have one moment.
    `also` is called with the moment and the sample of each answer before it is added.
    """

    topics: Collection[Topic[Item]] = cast(
        "tuple[Topic[Item], ...]", (SENT, RESULTS, FAILURES, LOSSES)
    )

    def __init__(
        self,
        letter: Letter,
        pairing: Pairing,
        also: Callable[[int, Sample], object] = lambda _moment, _sample: None,
    ) -> None:
        self._letter = letter
        self._pairing = pairing
        self._also = also
        self._moments: OrderedDict[int, int] = OrderedDict()

    def write(self, item: Item) -> None:
        """See `Sink.write`."""
        match item:
            case Sent():
                self._moments[item.seq] = item.sample.captured_ns
                while len(self._moments) > _SENT_KEPT:
                    self._moments.popitem(last=False)
            case Result():
                self._answered(item)
            case Failure():
                self._lost(item.seq, str(item.error))
            case Loss():
                for seq in range(item.first, item.last + 1):
                    self._lost(seq, f"Dropped: {item.place}.")

    def close(self) -> None:
        """Nothing to put away."""

    def _answered(self, result: Result) -> None:
        self._moments.pop(result.seq, None)
        marks, moment = result.timeline.marks, result.sample.captured_ns
        latency_ms = result.timeline.span_ms(Stage.TAKEN, Stage.DECODED) if marks else None
        self._also(moment, result.sample)
        outcome = Outcome(result.predictions, latency_ms, result=result)
        self._pairing.add(self._letter, moment, outcome, result.sample)

    def _lost(self, seq: int, error: str) -> None:
        moment = self._moments.pop(seq, None)
        if moment is not None:
            self._pairing.add(self._letter, moment, Outcome(None, error=error), None)


class PlacedSource:
    """A recording as a source that remembers which recorded sample each of its samples is."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._places: OrderedDict[int, int] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def info(self) -> SourceInfo:
        """The recording's."""
        return self._source.info

    def open(self, stop: threading.Event) -> SourceInfo:
        """See `Source.open`."""
        return self._source.open(stop)

    def read(self, stop: threading.Event) -> Captured | None:
        """See `Source.read`."""
        item = self._source.read(stop)
        if item is not None:
            with self._lock:
                self._places[item.captured_ns] = getattr(self._source, "given_ns", 0)
                while len(self._places) > _SENT_KEPT:
                    self._places.popitem(last=False)
        return item

    def close(self) -> None:
        """See `Source.close`."""
        self._source.close()

    def place_ns(self, captured_ns: int) -> int | None:
        """When the sample of that moment was captured for the recording."""
        with self._lock:
            return self._places.get(captured_ns)


class RecordedBeside:
    """Adds to each answer of a run over a recording what was recorded, as side B."""

    def __init__(self, source: PlacedSource, answers: RecordedAnswers, pairing: Pairing) -> None:
        self._source = source
        self._answers = answers
        self._pairing = pairing
        self._stop = threading.Event()
        self.error: ConsoleError | None = None
        """Why the recording can be read no further."""

    def __call__(self, moment: int, sample: Sample) -> None:
        """For `Collector`: an answer came to the sample of that moment."""
        place_ns = self._source.place_ns(moment)
        if place_ns is None or self.error is not None:
            return
        try:
            found = self._answers.find(place_ns, self._stop)
        except ConsoleError as error:
            self.error = error
            return
        if found is not None:
            self._pairing.add("b", moment, found, sample)

    def close(self) -> None:
        """Read no more."""
        self._stop.set()
