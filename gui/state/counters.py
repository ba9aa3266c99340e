"""A run's counters as the window shows them: since the last reset, and in the last 10 s."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from backend.core.ledger import Counts
from backend.core.status import RunStatus

WINDOW_S = 10.0
_FEW = 2
_FAILING_S = 1.5
"""So long without an answer, boxes lie beside what moves."""
_NONE = Counts()


@dataclass(frozen=True, slots=True)
class Recent:
    """What was settled in the last ten seconds, and how much of it without an answer.

    An item may be captured long before it is settled, while a server is gone, so what was captured
    in the same time is nothing to compare with.
    """

    settled: int = 0
    unanswered: int = 0
    failing: bool = False
    """Whether for a while now every request has failed."""

    @property
    def share(self) -> float:
        """The part that was not answered, 0 to 1."""
        return self.unanswered / self.settled if self.settled else 0.0

    @property
    def nothing_answered(self) -> bool:
        """Whether all of it, or all of late, and more than a few, went without an answer."""
        return self.failing or _FEW < self.settled == self.unanswered


class Counters:
    """Takes every reading of a run; knows what came since, and when they were set back."""

    def __init__(self) -> None:
        self._base = _NONE
        self._past: deque[tuple[float, int, int]] = deque()
        self._before = [0, 0]
        self._answer: tuple[float, int, int] | None = None
        """When the last answer was noticed; how many there were, and failures, by then."""
        self.reset_s = 0.0

    def begin(self) -> None:
        """Another run counts from nothing."""
        self._base, self.reset_s = _NONE, 0.0
        self._forget()

    def reset(self, status: RunStatus, now_s: float) -> None:
        """Count from here on."""
        self._base, self.reset_s = status.counts, now_s
        self._forget()

    def since(self, status: RunStatus) -> RunStatus:
        """The status with its counts as they are since the last reset."""
        counts, base = status.counts, self._base
        return replace(
            status,
            counts=replace(
                counts,
                captured=max(0, counts.captured - base.captured),
                sent=max(0, counts.sent - base.sent),
                answered=max(0, counts.answered - base.answered),
                failed=max(0, counts.failed - base.failed),
                dropped={
                    place: number - base.dropped.get(place, 0)
                    for place, number in counts.dropped.items()
                    if number > base.dropped.get(place, 0)
                },
            ),
        )

    def recent(self, status: RunStatus, now_s: float) -> Recent:
        """The last ten seconds before this reading of `since`, which is remembered."""
        counts = status.counts
        unanswered = counts.dropped_total + counts.failed
        while self._past and now_s - self._past[0][0] >= WINDOW_S:
            _, *self._before = self._past.popleft()
        settled = counts.answered + unanswered
        self._past.append((now_s, settled, unanswered))
        settled_before, unanswered_before = self._before
        if self._answer is None or counts.answered != self._answer[1]:
            self._answer = now_s, counts.answered, counts.failed
        answered_s, _, failed_before = self._answer
        failing = now_s - answered_s >= _FAILING_S and counts.failed - failed_before > _FEW
        return Recent(settled - settled_before, unanswered - unanswered_before, failing)

    def _forget(self) -> None:
        self._past.clear()
        self._before = [0, 0]
        self._answer = None
