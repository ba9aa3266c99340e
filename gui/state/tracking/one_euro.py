"""The One-Euro filter: a low-pass that follows quickly what moves and holds still what does not.

After G. Casiez, N. Roussel and D. Vogel, "1 Euro filter: a simple speed-based low-pass filter for
noisy input in interactive systems", Proc. CHI 2012, pages 2527 to 2530.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SPEED_CUTOFF_HZ = 1.0


@dataclass(frozen=True, slots=True)
class OneEuroSettings:
    """The cutoff at rest in Hz, and what a speed of one unit per second adds to it.

    In steady motion the filter lags by less than 1 / (2 pi `beta`) units, however fast it is.
    """

    rest_hz: float
    beta: float


class OneEuroFilter:
    """Smooths one value over time."""

    def __init__(self, settings: OneEuroSettings, value: float) -> None:
        self._settings = settings
        self._raw = value
        self.value = value
        self.speed = 0.0
        """In units per second, smoothed as well."""

    def update(self, value: float, seconds: float, *, jump: bool = False) -> float:
        """The smoothed value, so many seconds (more than 0) after the one before.

        With `jump` it is the value itself, and only the speed is smoothed.
        """
        speed = (value - self._raw) / seconds
        self.speed += _share(_SPEED_CUTOFF_HZ, seconds) * (speed - self.speed)
        self._raw = value
        cutoff = self._settings.rest_hz + self._settings.beta * abs(self.speed)
        self.value += (1.0 if jump else _share(cutoff, seconds)) * (value - self.value)
        return self.value


def _share(cutoff_hz: float, seconds: float) -> float:
    """How much of the new value is taken: the paper's alpha."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff_hz * seconds))
