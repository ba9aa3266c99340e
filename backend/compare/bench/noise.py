"""What differs by more than the noise of the measurement."""

from __future__ import annotations

from backend.compare.bench.result import Figure

SAME_WITHIN = 0.05
"""Smaller differences are called ties even where the intervals are apart."""


def tied(one: Figure | None, other: Figure | None) -> bool:
    """Whether two figures differ by no more than 5 %, or their intervals overlap."""
    if one is None or other is None or None in (one.value, other.value):
        return False
    low, high = sorted((value_of(one), value_of(other)))
    if high <= low * (1 + SAME_WITHIN):
        return True
    return not (_high(one) < _low(other) or _high(other) < _low(one))


def value_of(figure: Figure | None) -> float:
    """Its value, infinite where nothing was answered."""
    return float("inf") if figure is None or figure.value is None else figure.value


def _low(figure: Figure) -> float:
    return value_of(figure) if figure.low is None else figure.low


def _high(figure: Figure) -> float:
    return value_of(figure) if figure.high is None else figure.high
