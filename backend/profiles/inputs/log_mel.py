"""Sound as a log-mel spectrogram.

Mel scales: HTK, ``2595 log10(1 + f / 700)`` (S. Young et al., The HTK Book, section 5.4), and
Slaney's, linear below 1 kHz and logarithmic above (M. Slaney, Auditory Toolbox, 1998). The filters
are triangles between neighbouring centres; with Slaney's scale each is divided by half its width,
so that it has an area of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from backend.core.errors import UsageError
from backend.core.tensors import Array
from backend.profiles.options import option


class MelScale(StrEnum):
    """Which formula turns hertz into mel."""

    HTK = "htk"
    SLANEY = "slaney"


class LogKind(StrEnum):
    """Natural logarithm, logarithm to base 10, or decibels of power."""

    LN = "ln"
    LOG10 = "log10"
    DB = "db"


_LOGS = {LogKind.LN: 1.0, LogKind.LOG10: 1 / math.log(10), LogKind.DB: 10 / math.log(10)}

_SLANEY_HZ_PER_MEL = 200 / 3
_SLANEY_KNEE_HZ = 1000.0
_SLANEY_KNEE_MEL = _SLANEY_KNEE_HZ / _SLANEY_HZ_PER_MEL
_SLANEY_STEP = math.log(6.4) / 27


@dataclass(frozen=True, slots=True)
class LogMel:
    """How a stretch of sound becomes a spectrogram [mels, frames].

    A frame is `n_fft` samples under a periodic Hann window; its power goes through the mel
    filters, and the logarithm of that, at least `floor`, becomes ``(value + shift) / divisor``.
    """

    n_fft: int = option(400, "Samples in a frame.", low=16, high=65_536)
    hop: int = option(160, "Samples from one frame to the next.", low=1, high=65_536)
    mels: int = option(80, "Bands.", low=1, high=1024)
    low_hz: float = option(0.0, "Lower end of the lowest band.", low=0.0)
    high_hz: float = option(0.0, "Upper end of the highest band; 0 for half the rate.", low=0.0)
    mel_scale: MelScale = option(MelScale.HTK, "Formula of the mel scale.")
    log: LogKind = option(LogKind.LN, "Logarithm of the power.")
    floor: float = option(1e-10, "Smallest power that counts.", low=1e-30)
    range: float = option(0.0, "Values this far below the largest are raised; 0 for never.", low=0)
    shift: float = option(0.0, "What is added then.")
    divisor: float = option(1.0, "What the sum is divided by.")
    centred: bool = option(
        default=True, text="Frames are centred on their time; ends are mirrored."
    )

    def __post_init__(self) -> None:
        if not (16 <= self.n_fft <= 65_536 and 1 <= self.hop <= 65_536 and 1 <= self.mels <= 1024):
            raise UsageError(
                "A log-mel spectrogram needs n_fft of 16 to 65536, hop of 1 to 65536 and mels of "
                f"1 to 1024, got {self.n_fft}, {self.hop} and {self.mels}."
            )
        if not self.floor > 0 or not self.divisor:
            raise UsageError("'floor' must be above 0, and 'divisor' must not be 0.")
        if self.high_hz and not self.low_hz < self.high_hz:
            raise UsageError(f"'high_hz' must be above 'low_hz', got {self.high_hz}.")

    def frames(self, samples: int) -> int:
        """Columns that so many samples give."""
        if self.centred:
            return 1 + samples // self.hop
        return max(0, 1 + (samples - self.n_fft) // self.hop)

    def of(self, samples: Array, rate: int) -> Array:
        """The spectrogram of float32 samples [n]: float32 [mels, frames]."""
        powers = _powers(samples, self)
        energies = _filters(self, rate) @ powers
        values = np.log(np.maximum(energies, self.floor)) * _LOGS[self.log]
        if self.range and values.size:
            values = np.maximum(values, values.max() - self.range)
        return np.asarray((values + self.shift) / self.divisor, np.float32)


def mel_of(hertz: Array, scale: MelScale) -> Array:
    """Frequencies in mel."""
    if scale is MelScale.HTK:
        return np.asarray(2595.0 * np.log10(1.0 + hertz / 700.0))
    above = _SLANEY_KNEE_MEL + np.log(np.maximum(hertz, 1e-9) / _SLANEY_KNEE_HZ) / _SLANEY_STEP
    return np.where(hertz < _SLANEY_KNEE_HZ, hertz / _SLANEY_HZ_PER_MEL, above)


def hertz_of(mel: Array, scale: MelScale) -> Array:
    """Frequencies in hertz."""
    if scale is MelScale.HTK:
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    above = _SLANEY_KNEE_HZ * np.exp(_SLANEY_STEP * (mel - _SLANEY_KNEE_MEL))
    return np.where(mel < _SLANEY_KNEE_MEL, mel * _SLANEY_HZ_PER_MEL, above)


def _powers(samples: Array, settings: LogMel) -> Array:
    """Power spectra [bins, frames]."""
    n_fft = settings.n_fft
    if settings.centred:
        samples = np.pad(samples, n_fft // 2, mode="reflect" if len(samples) > 1 else "constant")
    if len(samples) < n_fft:
        return np.zeros((n_fft // 2 + 1, 0))
    frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[:: settings.hop]
    spectra = np.fft.rfft(frames * hann(n_fft), axis=1)
    return np.asarray((spectra.real**2 + spectra.imag**2).T)


@lru_cache(maxsize=8)
def hann(length: int) -> Array:
    """The periodic Hann window; not to be written to."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length))


@lru_cache(maxsize=8)
def _filters(settings: LogMel, rate: int) -> Array:
    """The triangles [mels, bins]."""
    scale = settings.mel_scale
    ends = np.array([settings.low_hz, settings.high_hz or rate / 2])
    low, high = mel_of(ends, scale)
    corners = hertz_of(np.linspace(low, high, settings.mels + 2), scale)
    bins = np.arange(settings.n_fft // 2 + 1) * rate / settings.n_fft
    width = np.diff(corners)
    distance = corners[:, np.newaxis] - bins[np.newaxis]
    rising = -distance[:-2] / width[:-1, np.newaxis]
    falling = distance[2:] / width[1:, np.newaxis]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if scale is MelScale.SLANEY:
        filters *= (2.0 / (corners[2:] - corners[:-2]))[:, np.newaxis]
    return np.asarray(filters)
