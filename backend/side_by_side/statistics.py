"""Figures of paired samples, with the interval that holds them.

Latencies of neighbours depend on each other (a machine is busy for a while), so the interval of
their difference comes from drawing blocks of neighbours with replacement: the moving block
bootstrap (Künsch, The Jackknife and the Bootstrap for General Stationary Observations, 1989).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_DRAWS = 400
_COVERAGE = (2.5, 97.5)
_MOST_DRAWN = 20_000
"""Of more pairs than that, so many evenly chosen ones are drawn from: the interval is as narrow."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the interval that holds it with 95 % confidence; None without anything."""

    value: float | None
    low: float | None
    high: float | None


def median_estimate(values: Sequence[float], seed: int = 1) -> Estimate:
    """The median of values in the order in which they came."""
    if not values:
        return Estimate(None, None, None)
    series = np.asarray(values, np.float64)
    middle = float(np.median(series))
    if len(series) > _MOST_DRAWN:
        series = series[np.linspace(0, len(series) - 1, _MOST_DRAWN).astype(np.int64)]
    count = len(series)
    length = max(1, round(count ** (1 / 3)))
    blocks = -(-count // length)
    rng = np.random.default_rng(seed)
    offsets = np.arange(length)
    medians = []
    for _ in range(_DRAWS):
        starts = rng.integers(0, count - length + 1, blocks)
        drawn = series[(starts[:, None] + offsets).ravel()[:count]]
        medians.append(np.median(drawn))
    low, high = np.percentile(medians, _COVERAGE)
    return Estimate(middle, min(float(low), middle), max(float(high), middle))
