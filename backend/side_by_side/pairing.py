"""Puts the two answers to each sample together, and remembers what matters of them."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from backend.core.predictions import Predictions
from backend.core.samples import Sample
from backend.core.status import Result
from backend.side_by_side.agreement import Agreement, agreement
from backend.wire.recording.items import RecordedAnswer, RecordedPicture, RecordedWindow

Letter = Literal["a", "b"]
RecordedWhole: TypeAlias = RecordedPicture | RecordedWindow | RecordedAnswer
"""A sample as a recording has it: its name and place; of a window its answer has both."""
MOST_WORST = 100
_MOST_WAITING = 4096
"""Answers that wait for the other side's: the sides stay within a few samples of each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of a sample on one side: predictions with their latency, or an error.

    `latency_ms` is from when the sample was taken to be sent to its answer decoded; None where it
    is not known. `result` is what a run answered now.
    """

    predictions: Predictions | None
    latency_ms: float | None = None
    error: str = ""
    result: Result | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A sample with both outcomes; `agreement` is None unless both were answered."""

    number: int
    sample: Sample | RecordedWhole | None
    a: Outcome
    b: Outcome
    agreement: Agreement | None

    @property
    def differs(self) -> bool:
        """Whether the two said different things, or only one said anything."""
        if self.agreement is None:
            return (self.a.predictions is None) is not (self.b.predictions is None)
        return not self.agreement.identical


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of the pairs so far; lists are of the pairs that are kept, oldest first."""

    pairs: int
    identical: int
    answered: dict[Letter, int]
    failed: dict[Letter, int]
    agreements: list[float]
    differences_ms: list[float]


class Pairing:
    """Takes outcomes from both sides by their samples' numbers, from any thread.

    `on_pair` is called for each pair, on the thread that completed it. Of all pairs figures are
    kept, or of the newest `most_kept`; of the `worst` that agree least everything. At most
    `most_waiting` outcomes wait for their partner.
    """

    def __init__(
        self,
        worst: int = 10,
        on_pair: Callable[[Pair], object] = lambda _pair: None,
        *,
        most_kept: int | None = None,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, dict[Letter, tuple[Outcome, Sample | RecordedWhole | None]]] = {}
        self._most_worst = min(worst, MOST_WORST)
        self._on_pair = on_pair
        self._order = itertools.count()
        self._worst: list[tuple[float, int, Pair]] = []
        self._most_waiting = most_waiting
        self._kept = partial(deque[float], maxlen=most_kept)
        self.agreements = self._kept()
        self.by_kind: dict[str, deque[float]] = {}
        self.differences_ms = self._kept()
        self.latencies_ms: dict[Letter, deque[float]] = {"a": self._kept(), "b": self._kept()}
        self.answered: dict[Letter, int] = {"a": 0, "b": 0}
        self.failed: dict[Letter, int] = {"a": 0, "b": 0}
        self.pairs = self.identical = self.differing = self.unpaired = 0

    @property
    def worst(self) -> tuple[Pair, ...]:
        """Those that agree least, the worst first."""
        with self._lock:
            ordered = sorted(self._worst, key=lambda each: (-each[0], -each[1]))
        return tuple(pair for _, _, pair in ordered)

    @property
    def waiting(self) -> int:
        """Outcomes whose partner is still to come."""
        return len(self._waiting)

    def figures(self) -> Figures:
        """A snapshot."""
        with self._lock:
            return Figures(
                self.pairs,
                self.identical,
                dict(self.answered),
                dict(self.failed),
                list(self.agreements),
                list(self.differences_ms),
            )

    def add(
        self, side: Letter, number: int, outcome: Outcome, sample: Sample | RecordedWhole | None
    ) -> None:
        """One side's outcome of a sample."""
        with self._lock:
            self._count(side, outcome)
            entry = self._waiting.setdefault(number, {})
            entry[side] = outcome, sample
            if len(entry) < 2:
                while len(self._waiting) > self._most_waiting:
                    del self._waiting[next(iter(self._waiting))]
                    self.unpaired += 1
                return
            del self._waiting[number]
        (a, one), (b, other) = entry["a"], entry["b"]
        both = a.predictions is not None and b.predictions is not None
        found = agreement(a.predictions, b.predictions) if both else None  # type: ignore[arg-type]
        pair = Pair(number, one or other, a, b, found)
        with self._lock:
            self._note(pair)
        self._on_pair(pair)

    def alone(self, side: Letter, outcome: Outcome) -> None:
        """One side's outcome of a sample that the other side has none of."""
        with self._lock:
            self._count(side, outcome)
            self.unpaired += 1

    def finish(self) -> None:
        """Nothing more comes: what waits has no partner."""
        with self._lock:
            self.unpaired += len(self._waiting)
            self._waiting.clear()

    def _count(self, side: Letter, outcome: Outcome) -> None:
        if outcome.predictions is None:
            self.failed[side] += 1
            return
        self.answered[side] += 1
        if outcome.latency_ms is not None:
            self.latencies_ms[side].append(outcome.latency_ms)

    def _note(self, pair: Pair) -> None:
        if pair.agreement is not None:
            self.pairs += 1
            self.identical += pair.agreement.identical
            self.agreements.append(pair.agreement.value)
            for kind in pair.agreement.kinds:
                self.by_kind.setdefault(kind.kind, self._kept()).append(kind.value)
            if pair.a.latency_ms is not None and pair.b.latency_ms is not None:
                self.differences_ms.append(pair.b.latency_ms - pair.a.latency_ms)
        self.differing += pair.differs
        if pair.differs and self._most_worst:
            apart = 1 - pair.agreement.value if pair.agreement is not None else 1.0
            entry = apart, -next(self._order), pair
            if len(self._worst) < self._most_worst:
                heapq.heappush(self._worst, entry)
            else:
                heapq.heappushpop(self._worst, entry)
