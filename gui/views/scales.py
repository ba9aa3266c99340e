"""Round numbers for axes and short texts for values."""

from __future__ import annotations

import math

from gui.widgets.language import number, significant

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5, 10, 20... at or above a positive value; 1 for anything else."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (*_STEPS, 20.0) if step * power >= value * (1 - 1e-9))


class SteadyTop:
    """The top of an axis: follows growth at once, shrinks only when the data stay far below."""

    def __init__(self, least: float) -> None:
        self._least = least
        self.value = round_up(least)

    def update(self, largest: float) -> bool:
        """Fit the largest value shown; returns whether the axis changed."""
        wanted = round_up(max(largest * 1.05, self._least))
        if wanted > self.value or largest < 0.3 * self.value:
            changed = wanted != self.value
            self.value = wanted
            return changed
        return False


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round values from low to high, at most so many."""
    step = round_up((high - low) / max(1, at_most - 1))
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """Three digits or so: ``440``, ``12.3``, ``0.98``."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return number(value)
    return number(value, 1 if size >= 10 else 2)


def milliseconds(value: float) -> str:
    """``0.42 ms``, ``41 ms`` or ``1.24 s``."""
    if value >= 1000:
        return f"{number(value / 1000, 2)} s"
    return f"{number(value, 0 if value >= 100 else 1 if value >= 1 else 2)} ms"


def byte_rate(value: float) -> str:
    """``0 B/s``, ``12.4 kB/s`` or ``27.6 MB/s``, in powers of ten as networks count."""
    for unit, size in (("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3)):
        if value >= size:
            shown = value / size
            return f"{number(shown, 0 if shown >= 100 else 1)} {unit}"
    return f"{number(value)} B/s"


def hertz(value: float) -> str:
    """``100``, ``1k`` or ``2.5k``: a frequency on an axis."""
    return f"{significant(value / 1000)}k" if value >= 1000 else significant(value)
