"""Ranges of an axis."""

from __future__ import annotations

Range = tuple[float, float]


def within(span: Range, low: float, high: float, least: float) -> Range:
    """A span of at least `least` and at most all of low..high, moved to lie within it."""
    length = min(max(span[1] - span[0], least), high - low)
    middle = (span[0] + span[1]) / 2
    start = min(max(middle - length / 2, low), high - length)
    return start, start + length


def scaled_around(span: Range, middle: float, factor: float) -> Range:
    """A span that is so many times as long, with `middle` where it was."""
    return middle + (span[0] - middle) * factor, middle + (span[1] - middle) * factor
