"""Durations counted in buckets of equal ratio: bounded memory, mergeable, quantiles of known error.

As HdrHistogram (https://hdrhistogram.github.io/HdrHistogram/) does, a bucket's width grows with its
value, so that the relative error is the same everywhere. Here a bucket is 1 % wide and a value is
told as its middle: quantiles are within 0.5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from backend.core.tensors import Array

RELATIVE_ERROR = 0.005
_RATIO = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_RATIO = math.log(_RATIO)
_LEAST_MS, _MOST_MS = 1e-3, 1e7
BUCKETS = math.ceil(math.log(_MOST_MS / _LEAST_MS) / _LOG_RATIO) + 1
"""From a microsecond to nearly three hours; what is beyond counts in the outermost."""


class DurationHistogram:
    """How often durations, in milliseconds, occurred; extremes and mean are exact."""

    def __init__(self) -> None:
        self.counts: Array = np.zeros(BUCKETS, np.int64)
        self.count = 0
        self.sum_ms = 0.0
        self.least_ms = math.inf
        self.most_ms = 0.0

    @classmethod
    def of(cls, values_ms: Iterable[float]) -> DurationHistogram:
        """One of these values."""
        made = cls()
        for value in values_ms:
            made.add(value)
        return made

    @classmethod
    def from_sparse(cls, counts: Mapping[int, int]) -> DurationHistogram:
        """One of `sparse` counts; extremes and mean are then as exact as the buckets.

        Raises ValueError for a bucket that there is not, or a negative count.
        """
        made = cls()
        for index, count in counts.items():
            if not 0 <= index < BUCKETS or count < 0:
                raise ValueError(f"expected buckets 0 to {BUCKETS - 1}, got {count} in {index}")
            made.counts[index] = count
            if count:
                middle = float(middles_ms()[index])
                made.count += count
                made.sum_ms += middle * count
                made.least_ms, made.most_ms = min(made.least_ms, middle), max(made.most_ms, middle)
        return made

    def add(self, value_ms: float) -> None:
        """Count one duration; raises ValueError for one that is negative or not finite."""
        if not 0 <= value_ms < math.inf:
            raise ValueError(f"a duration is finite and not negative, got {value_ms} ms")
        self.counts[_bucket(value_ms)] += 1
        self.count += 1
        self.sum_ms += value_ms
        self.least_ms = min(self.least_ms, value_ms)
        self.most_ms = max(self.most_ms, value_ms)

    def merge(self, other: DurationHistogram) -> None:
        """Count all of another's as well."""
        self.counts += other.counts
        self.count += other.count
        self.sum_ms += other.sum_ms
        self.least_ms = min(self.least_ms, other.least_ms)
        self.most_ms = max(self.most_ms, other.most_ms)

    @property
    def mean_ms(self) -> float:
        """NaN of none."""
        return self.sum_ms / self.count if self.count else math.nan

    def quantile_ms(self, share: float) -> float:
        """The value that this share (0 to 1) of all does not exceed; NaN of none."""
        return self.several_ms([share])[0]

    def several_ms(self, shares: Sequence[float]) -> list[float]:
        """`quantile_ms` of each share, in one go."""
        if not self.count:
            return [math.nan for _ in shares]
        ranks = [max(1, math.ceil(share * self.count)) for share in shares]
        found = middles_ms()[np.searchsorted(np.cumsum(self.counts), ranks)]
        return [min(max(value, self.least_ms), self.most_ms) for value in found.tolist()]

    def sparse(self) -> dict[int, int]:
        """The buckets that hold something, and how much."""
        return {int(index): int(self.counts[index]) for index in np.flatnonzero(self.counts)}


def quantiles_ms(counts: Array, share: float) -> Array:
    """Of each row of bucket counts [n, BUCKETS] the value that `share` of it does not exceed, [n].

    NaN for a row without counts. The rank is the nearest above, so a quantile is a value that
    occurred.
    """
    running = np.cumsum(counts, axis=1)
    ranks = np.maximum(1, np.ceil(share * running[:, -1]))
    indexes = (running < ranks[:, np.newaxis]).sum(axis=1)
    values = middles_ms()[np.minimum(indexes, BUCKETS - 1)]
    return np.where(running[:, -1] > 0, values, np.nan)


def middles_ms() -> Array:
    """The value that each bucket stands for, [BUCKETS]."""
    return _MIDDLES_MS


def _bucket(value_ms: float) -> int:
    if value_ms <= _LEAST_MS:
        return 0
    return min(int(math.log(value_ms / _LEAST_MS) / _LOG_RATIO) + 1, BUCKETS - 1)


_MIDDLES_MS = _LEAST_MS * _RATIO ** (np.arange(BUCKETS) - 0.5)
