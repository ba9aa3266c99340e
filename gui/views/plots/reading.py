"""A line in a unit of its own, such as latency, which the timeline draws on request."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.core.tensors import Array
from gui.views.plots.series import SeriesRing
from gui.views.scales import SteadyTop

_ABOVE_LEVEL = 1.25


class Reading:
    """Values over time with a name, a text for each, and the range in which they are drawn."""

    def __init__(
        self, name: str, text: Callable[[float], str], low: float = 0.0, high: float | None = None
    ) -> None:
        """Without `high` the range grows and shrinks with what is drawn."""
        self.name, self.text, self.low = name, text, low
        self.level = low
        self._high = high
        self._top = SteadyTop(least=10.0)
        self._ring = SeriesRing()
        self._step = 0

    @property
    def high(self) -> float:
        """The upper end of the range."""
        return self._top.value if self._high is None else self._high

    def add(self, at_s: float, value: float) -> None:
        """One more; what is no number leaves a gap."""
        self._step += 1
        if np.isfinite(value):
            self._ring.append(at_s, value, self._step)

    def clear(self) -> None:
        """Forget every value."""
        self._ring.clear()

    def since(self, start_s: float) -> Array:
        """[time, value, step] x n at or after `start_s`, in its own unit."""
        return self._ring.since(start_s).copy()

    def window(self, start_s: float) -> Array:
        """The same as shares of the range, which is fitted to them and to `level` first."""
        points = self.since(start_s)
        largest = float(points[1].max(initial=0.0))
        self._top.update(max(largest, _ABOVE_LEVEL * self.level))
        points[1] = np.clip(self.share_of(points[1]), 0.0, 1.0)
        return points

    def share_of(self, value: Array) -> Array:
        """Values as shares of the range."""
        return np.asarray((value - self.low) / (self.high - self.low))
