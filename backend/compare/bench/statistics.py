"""What windows of one cell come to: quantiles with the interval they are known to, and stability.

A window is the unit that varies (a machine is busy for a while, not for a request), so intervals
come from drawing whole windows with replacement: the bootstrap for clustered data (Davison and
Hinkley, Bootstrap Methods and Their Application, 1997, section 3.8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.compare.bench.answers import Window
from backend.core.histogram import DurationHistogram, quantiles_ms
from backend.core.tensors import Array

_DRAWS = 400
_COVERAGE = (2.5, 97.5)
STABLE_WINDOWS = 3
STABLE_WITHIN = 0.10
_FAR_OFF = 5.0
"""Median absolute deviations from the median that make a window an outlier."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the interval that holds it with 95 % confidence."""

    value: float
    low: float
    high: float


class Sampling:
    """Windows drawn at random, the same way for every figure; `windows` are one cell's."""

    def __init__(self, windows: Sequence[Window], seed: int = 1) -> None:
        self._windows = [window for window in windows if window.answered]
        count = len(self._windows)
        rng = np.random.default_rng(seed)
        even = np.full(count, 1 / count) if count else np.zeros(0)
        self._draws: Array = rng.multinomial(count, even, _DRAWS) if count else np.zeros((0, 0))
        self._counts: Array = np.array([window.latencies.counts for window in self._windows])

    def latency_ms(self, share: float) -> Estimate:
        """A quantile of the latency of all answers."""
        if not self._windows:
            return Estimate(math.nan, math.nan, math.nan)
        merged = DurationHistogram()
        for window in self._windows:
            merged.merge(window.latencies)
        low, high = np.percentile(self.latencies_ms(share), _COVERAGE)
        value = merged.quantile_ms(share)
        return Estimate(value, min(float(low), value), max(float(high), value))

    def latencies_ms(self, share: float) -> Array:
        """The quantile in each of the draws, [draws]."""
        return quantiles_ms(self._draws @ self._counts, share)

    def rate(self) -> Estimate:
        """Answers a second."""
        if not self._windows:
            return Estimate(0.0, 0.0, 0.0)
        rates = np.array([window.rate for window in self._windows])
        low, high = np.percentile(self._draws @ rates / len(rates), _COVERAGE)
        return Estimate(float(rates.mean()), float(low), float(high))


def is_stable(windows: Sequence[Window]) -> bool:
    """Whether median latency and rate of the last three windows are within 10 % of their mean."""
    last = [window for window in windows if window.answered][-STABLE_WINDOWS:]
    if len(last) < STABLE_WINDOWS:
        return False
    medians = [window.latencies.quantile_ms(0.5) for window in last]
    return _is_close(medians) and _is_close([window.rate for window in last])


def outliers(windows: Sequence[Window]) -> int:
    """Windows whose median is far off the others'; they are counted, not left out."""
    medians = np.array([each.latencies.quantile_ms(0.5) for each in windows if each.answered])
    if len(medians) < STABLE_WINDOWS:
        return 0
    middle = np.median(medians)
    spread = max(float(np.median(np.abs(medians - middle))), 0.01 * float(middle))
    return int((np.abs(medians - middle) > _FAR_OFF * spread).sum())


def _is_close(values: Sequence[float]) -> bool:
    mean = float(np.mean(values))
    return all(abs(value - mean) <= STABLE_WITHIN * mean for value in values)
