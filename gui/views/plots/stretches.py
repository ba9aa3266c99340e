"""Which class won when: stretches of time, each with the class that was the best all through it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend.core.predictions import Classification, ClassScore, Predictions

_KEPT = 2048
_GAP_MIN_S = 0.5
_GAP_INTERVALS = 3.0
_SMOOTHING = 0.2


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start_s` to `end_s` this class was the best; both on the clock of the samples."""

    label: str
    index: int
    start_s: float
    end_s: float


class Stretches:
    """Joins answers to stretches; a pause of half a second or three usual intervals ends one."""

    def __init__(self) -> None:
        self._past: deque[Stretch] = deque(maxlen=_KEPT)
        self._interval_s = 0.0

    def __bool__(self) -> bool:
        return bool(self._past)

    def clear(self) -> None:
        """Forget everything."""
        self._past.clear()
        self._interval_s = 0.0

    def add(self, at_s: float, best: ClassScore) -> None:
        """The best class at a moment; one that is no later than the moment before is left out."""
        last = self._past[-1] if self._past else None
        if last is not None:
            passed = at_s - last.end_s
            if passed <= 0:
                return
            if passed <= max(_GAP_MIN_S, _GAP_INTERVALS * self._interval_s):
                self._past[-1] = replace(last, end_s=at_s)
            else:
                last = None
            self._interval_s += _SMOOTHING * (passed - self._interval_s)
        if last is None or (last.label, last.index) != (best.label, best.index):
            self._past.append(Stretch(best.label, best.index, at_s, at_s))

    def between(self, start_s: float, end_s: float) -> Iterator[Stretch]:
        """Those that reach into that time, oldest first."""
        return (one for one in self._past if one.end_s >= start_s and one.start_s <= end_s)


def winner(predictions: Predictions) -> ClassScore | None:
    """The best class of a classification, None where there is none."""
    for prediction in predictions:
        if isinstance(prediction, Classification) and prediction.classes:
            return prediction.classes[0]
    return None
