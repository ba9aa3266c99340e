"""What tells speech from other sound, measured over a stretch of it.

Speech alternates between vowels, which are periodic at the pitch of a voice, and consonants and
pauses, which are not. So it is, at once: loud enough; periodic where it is loudest, unlike noise
and clicks; changing in every band several times a second, unlike hum and held tones; and filled
with energy between its partials, unlike notes of instruments and generators.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backend.core.tensors import Array

_FRAME = 512
_HOP = 256
_VOICE_HZ = (70.0, 400.0)
_LOW_HZ, _HIGH_HZ = 100.0, 3800.0
_BANDS = 16
_NEAR_PEAK_DB = 12.0
_RANGE_DB = 45.0
_NOTHING = 1e-12  # -120 dB


@dataclass(frozen=True, slots=True)
class SpeechSigns:
    """Level in dB of full scale, periodicity 0 to 1, variation in dB, and fullness in dB.

    `level_db` is that of the loudest frame between 100 and 3800 Hz. `periodicity` is the mean of
    the most periodic quarter of the frames within 12 dB of it. `variation_db` is the standard
    deviation over time of a band's level, averaged over 16 bands. `fullness_db` is the spectral
    flatness of those frames: 0 for white noise, -60 and less for pure tones.
    """

    level_db: float
    periodicity: float
    variation_db: float
    fullness_db: float


class SpeechSignsMeter:
    """Measures the signs of speech in sound of one rate."""

    def __init__(self, rate: int) -> None:
        self._window = np.hanning(_FRAME + 1)[:-1]
        self._own = np.fft.irfft(np.abs(np.fft.rfft(self._window, 2 * _FRAME)) ** 2)[:_FRAME]
        self._lags = slice(int(rate / _VOICE_HZ[1]), int(rate / _VOICE_HZ[0]))
        frequencies = np.fft.rfftfreq(_FRAME, 1 / rate)
        self._inside = (frequencies >= _LOW_HZ) & (frequencies < _HIGH_HZ)
        self._bands = _band_weights(frequencies)

    @property
    def shortest(self) -> int:
        """Samples needed: eight frames, so that change over time can be seen."""
        return _FRAME + 7 * _HOP

    def measure(self, samples: Array) -> SpeechSigns:
        """The signs in float [n], at least `shortest` samples."""
        spectra = self._spectra(samples)
        power = spectra[:, ::2] * (2 / _FRAME / np.sum(self._window**2))
        bands = power @ self._bands
        level_db = 10 * np.log10(bands.sum(axis=1) + _NOTHING)
        loud = level_db >= level_db.max() - _NEAR_PEAK_DB
        return SpeechSigns(
            level_db=float(level_db.max()),
            periodicity=self._periodicity(spectra[loud]),
            variation_db=_variation_db(bands),
            fullness_db=_fullness_db(power[loud][:, self._inside]),
        )

    def _spectra(self, samples: Array) -> Array:
        """Power of each frame, padded to twice its length: float64 [frames, 513]."""
        frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _FRAME)
        frames = frames[::_HOP]
        centred = frames - frames.mean(axis=1, keepdims=True)
        return np.asarray(np.abs(np.fft.rfft(centred * self._window, 2 * _FRAME)) ** 2)

    def _periodicity(self, spectra: Array) -> float:
        """By autocorrelation, divided by that of the window.

        See P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
        harmonics-to-noise ratio of a sampled sound", Proc. IFA Amsterdam 17, 1993.
        """
        products = np.fft.irfft(spectra)[:, :_FRAME]
        whole = np.maximum(products[:, :1], _NOTHING)
        normalised = products / whole / (self._own / self._own[0])
        best = np.sort(normalised[:, self._lags].max(axis=1))
        return float(np.clip(best[-max(1, len(best) // 4) :].mean(), 0, 1))


def _band_weights(frequencies: Array) -> Array:
    """Which bins belong to which of the bands, equally wide in octaves: float64 [bins, bands]."""
    edges = np.geomspace(_LOW_HZ, _HIGH_HZ, _BANDS + 1)
    weights = np.zeros((len(frequencies), _BANDS))
    for band, (low, high) in enumerate(pairwise(edges)):
        inside = (frequencies >= low) & (frequencies < high)
        nearest = np.abs(frequencies - (low + high) / 2).argmin()
        weights[inside if inside.any() else nearest, band] = 1.0
    return weights


def _variation_db(bands: Array) -> float:
    levels = 10 * np.log10(bands + _NOTHING)
    return float(np.maximum(levels, levels.max() - _RANGE_DB).std(axis=0).mean())


def _fullness_db(power: Array) -> float:
    """Geometric over arithmetic mean of the bins, in dB, averaged over frames."""
    filled = power + _NOTHING
    flatness = np.log(filled).mean(axis=1) - np.log(filled.mean(axis=1))
    return float(flatness.mean() * 10 / np.log(10))
