"""What a timeline draws, whole: kept while time stands still, so that nothing changes under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend.core.predictions import Scalar
from backend.core.tensors import Array
from gui.views.plots.series import value_at
from gui.views.plots.stretches import Stretch
from gui.views.scales import short
from gui.widgets.language import number

_LEASTS = (0.9, 0.8, 0.5, 0.0)
"""Where the axis may begin."""


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """`points` are [time, share, step] x n, the shares of the range from `low` to `high`.

    `hue` is the number of a series colour, None for the colour of text.
    """

    name: str
    hue: int | None
    points: Array
    low: float
    high: float
    text: Callable[[float], str]

    def value_at(self, at_s: float) -> float | None:
        """The value at a moment, None in a gap."""
        share = value_at(self.points, at_s)
        return None if share is None else self.value_of(share)

    def value_of(self, share: float) -> float:
        """A height as a value."""
        return self.low + share * self.span

    def share_of(self, value: float) -> float:
        """A value as a height."""
        return (value - self.low) / self.span

    @property
    def span(self) -> float:
        """The length of the range."""
        return (self.high - self.low) or 1.0


def score_line(name: str, hue: int | None, points: Array) -> DrawnLine:
    """A line of scores in 0..1."""
    return DrawnLine(name, hue, points, 0.0, 1.0, lambda value: number(value, 2))


def scalar_line(scale: Scalar, hue: int | None, points: Array) -> DrawnLine:
    """A line of numbers with a unit."""

    def text(value: float) -> str:
        return f"{short(value)} {scale.unit}".strip()

    return DrawnLine(scale.name, hue, points, scale.low, scale.high, text)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines by their places, None for a place that is nobody's, and which class won when."""

    end_s: float
    scores: tuple[DrawnLine | None, ...]
    others: tuple[DrawnLine | None, ...]
    stretches: tuple[Stretch, ...]

    @property
    def lines(self) -> Iterator[DrawnLine]:
        """Those that there are."""
        return (line for line in (*self.scores, *self.others) if line is not None)

    @property
    def reading(self) -> DrawnLine | None:
        """The line that was asked for, which is drawn in the colour of text."""
        return next((line for line in self.others if line is not None and line.hue is None), None)

    def least_with(self, level: float | None) -> float:
        """Where the axis begins: near the scores, and the level, if all are high; at 0 for what
        else is drawn."""
        if any(line is not None for line in self.others):
            return 0.0
        lowest = min(
            (float(line.points[1].min()) for line in self.lines if line.points.shape[1]),
            default=0.0,
        )
        lowest = lowest if level is None else min(lowest, level)
        return next((least for least in _LEASTS if lowest > least), 0.0)
