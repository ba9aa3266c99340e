"""What tells notes and chords from speech, measured over a stretch of sound.

A note keeps its partials where they are and starts at once; a voice glides, so that its partials
blur and move, and its spectrum changes all the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array

_FRAME, _HOP = 1024, 256
_APART = 3
"""Frames between two that are compared: 48 ms at 16 kHz."""

_FINE_HZ = (200.0, 3000.0)
_ENVELOPE_BINS = 17
_BAND_HZ, _BANDS = (150.0, 7000.0), 18
_LEVEL_HZ = (100.0, 3800.0)
_LOUD_DB, _RANGE_DB = 25.0, 50.0
_NOTHING = 1e-12  # -120 dB


@dataclass(frozen=True, slots=True)
class MusicSigns:
    """Three signs, each weighted by how loud a frame is.

    `steadiness` is the correlation, -1 to 1, of the spectrum's fine structure with that 48 ms
    later. `depth_db` is how far partials stand out of the spectrum's envelope, root mean square.
    `abruptness` is the largest change of the spectrum's shape from frame to frame over the mean
    one: its spectral flux, peak over mean.
    """

    steadiness: float
    depth_db: float
    abruptness: float


class MusicSignsMeter:
    """Measures the signs of music in sound of one rate."""

    def __init__(self, rate: int) -> None:
        self._window = np.hanning(_FRAME + 1)[:-1]
        frequencies = np.fft.rfftfreq(_FRAME, 1 / rate)
        width = rate / _FRAME
        self._fine = slice(int(_FINE_HZ[0] / width), int(_FINE_HZ[1] / width))
        self._level = (frequencies > _LEVEL_HZ[0]) & (frequencies < _LEVEL_HZ[1])
        edges = np.geomspace(*_BAND_HZ, _BANDS + 1)
        self._bands = (frequencies[:, None] >= edges[:-1]) & (frequencies[:, None] < edges[1:])

    @property
    def shortest(self) -> int:
        """Samples needed: a frame and the one it is compared with."""
        return _FRAME + _APART * _HOP

    def measure(self, samples: Array) -> MusicSigns:
        """The signs in float [n], at least `shortest` samples."""
        power = self._power(samples)
        level_db = 10 * np.log10(power[:, self._level].sum(axis=1))
        loud = np.clip((level_db - level_db.max() + _LOUD_DB) / _LOUD_DB, 0, 1)
        fine = self._fine_structure(power)
        depth = np.sqrt(np.mean(fine**2, axis=1))
        return MusicSigns(
            steadiness=_steadiness(fine, loud),
            depth_db=float(np.average(depth, weights=loud)),
            abruptness=self._abruptness(power, float(level_db.max())),
        )

    def _power(self, samples: Array) -> Array:
        """Power of each frame and bin: float64 [frames, 513]."""
        frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _FRAME)
        frames = frames[::_HOP]
        centred = frames - frames.mean(axis=1, keepdims=True)
        spectra = np.abs(np.fft.rfft(centred * self._window, axis=1)) ** 2
        whole = _FRAME * float(np.sum(self._window**2)) / 2
        return np.asarray(spectra / whole + _NOTHING)

    def _fine_structure(self, power: Array) -> Array:
        """Level in dB less that of the bins around: float64 [frames, bins]."""
        level = 10 * np.log10(power)
        sums = np.cumsum(np.pad(level, ((0, 0), (1, 0))), axis=1)
        start, stop, half = self._fine.start, self._fine.stop, _ENVELOPE_BINS // 2
        around = sums[:, start + half + 1 : stop + half + 1] - sums[:, start - half : stop - half]
        fine = level[:, self._fine] - around / _ENVELOPE_BINS
        return np.asarray(fine - fine.mean(axis=1, keepdims=True))

    def _abruptness(self, power: Array, loudest_db: float) -> float:
        levels = np.maximum(10 * np.log10(power @ self._bands + _NOTHING), loudest_db - _RANGE_DB)
        shape = levels - levels.mean(axis=1, keepdims=True)
        flux = np.abs(np.diff(shape, axis=0)).mean(axis=1)
        return float(flux.max() / (flux.mean() + 1e-6))


def _steadiness(fine: Array, loud: Array) -> float:
    before, after = fine[:-_APART], fine[_APART:]
    lengths = np.linalg.norm(fine, axis=1) + 1e-6
    alike = np.sum(before * after, axis=1) / (lengths[:-_APART] * lengths[_APART:])
    weights = np.minimum(loud[:-_APART], loud[_APART:]) + 1e-9
    return float(np.average(alike, weights=weights))
