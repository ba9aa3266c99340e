"""Finds each event once in scores that rise and fall with it over several readings."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

SPAN_S = 0.25
"""Scores are averaged over this time, so that one odd reading is no event."""
RISE, FALL = 0.5, 0.35
"""A mean score of `RISE` begins an event; it is over once the mean is below `FALL`."""
CLOSEST_S = 0.3
"""Two events are at least so far apart; nobody says two words in less."""

_PASSED = 0.85
"""A peak has passed once the mean score is below this part of it."""
_LONGEST_GAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Peak:
    """What was there, the time in seconds at which its mean score was highest, and that score."""

    label: str
    at_s: float
    score: float


class PeakPicker:
    """Readings of scores in, in the order of time; events out, each soon after its peak.

    A time before the newest one, or a gap of over a second, begins anew. An event comes once more
    only after its mean score has been low in between.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[float, Mapping[str, float]]] = deque()
        self._rising: Peak | None = None
        self._held = ""
        self._last_s = -math.inf

    def add(self, at_s: float, scores: Mapping[str, float]) -> Peak | None:
        """A reading; returns the event whose peak is now known to have passed, if any."""
        ended = None
        if self._readings and not 0 <= at_s - self._readings[-1][0] <= _LONGEST_GAP_S:
            ended = self.finish()
        self._readings.append((at_s, scores))
        while at_s - self._readings[0][0] > SPAN_S:
            self._readings.popleft()
        return ended or self._follow(at_s, self._means())

    def finish(self) -> Peak | None:
        """Nothing follows: returns the event that was under way, if any, and begins anew."""
        rising, self._rising = self._rising, None
        self._readings.clear()
        self._held, self._last_s = "", -math.inf
        return rising

    def _means(self) -> dict[str, float]:
        sums: dict[str, float] = {}
        for _, scores in self._readings:
            for label, score in scores.items():
                sums[label] = sums.get(label, 0.0) + score
        return {label: total / len(self._readings) for label, total in sums.items()}

    def _follow(self, at_s: float, means: Mapping[str, float]) -> Peak | None:
        best = max(means, key=lambda label: means[label], default="")
        score = means.get(best, 0.0)
        if means.get(self._held, 0.0) < FALL:
            self._held = ""
        rising = self._rising
        if rising is None:
            if score >= RISE and best != self._held and at_s - self._last_s >= CLOSEST_S:
                self._rising = Peak(best, at_s, score)
        elif score > rising.score:
            self._rising = Peak(best, at_s, score)
        elif means.get(rising.label, 0.0) < rising.score * _PASSED:
            self._rising, self._held, self._last_s = None, rising.label, rising.at_s
            return rising
        return None
