"""Levels of sound in dBFS with the behaviour of a studio meter: quick up, slow down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array

SILENCE_DB = -60.0
"""The low end of the meter."""

_FALL_DB_PER_S = 40.0
_HOLD_S = 1.5
_HOLD_FALL_DB_PER_S = 20.0
_CLIP_S = 2.0
_FULL = 0.999


def decibels(amplitude: float) -> float:
    """An amplitude of 0..1 in dBFS, not below the low end of the meter."""
    return max(SILENCE_DB, 20.0 * math.log10(amplitude)) if amplitude > 0 else SILENCE_DB


@dataclass(slots=True)
class Level:
    """The state of a meter; `rms`, `peak` and `held` are dBFS, times are seconds of one clock."""

    rms: float = SILENCE_DB
    peak: float = SILENCE_DB
    held: float = SILENCE_DB
    clipped_at_s: float = -math.inf
    _held_at_s: float = -math.inf
    _at_s: float | None = None

    def hear(self, samples: Array, at_s: float) -> None:
        """Take in float32 samples [n] of -1 to 1."""
        self.fall(at_s)
        if not len(samples):
            return
        peak = float(np.abs(samples).max())
        self.rms = max(self.rms, decibels(float(np.sqrt(np.mean(np.square(samples))))))
        self.peak = max(self.peak, decibels(peak))
        if self.peak >= self.held:
            self.held, self._held_at_s = self.peak, at_s
        if peak >= _FULL:
            self.clipped_at_s = at_s

    def fall(self, at_s: float) -> None:
        """Let time pass: the bars fall, the held peak stays a while first."""
        passed = 0.0 if self._at_s is None else max(0.0, at_s - self._at_s)
        self._at_s = at_s
        self.rms = max(SILENCE_DB, self.rms - _FALL_DB_PER_S * passed)
        self.peak = max(SILENCE_DB, self.peak - _FALL_DB_PER_S * passed)
        if at_s - self._held_at_s > _HOLD_S:
            self.held = max(self.peak, self.held - _HOLD_FALL_DB_PER_S * passed)

    def clipped(self, at_s: float) -> bool:
        """Whether the sound hit full scale within the last two seconds."""
        return at_s - self.clipped_at_s < _CLIP_S
