"""YIN: the fundamental frequency of a stretch of sound.

After A. de Cheveigne and H. Kawahara, "YIN, a fundamental frequency estimator for speech and
music", J. Acoust. Soc. Am. 111 (4), 2002; the steps carry the paper's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array

_THRESHOLD = 0.15
"""Aperiodicity below which the first dip is taken: the paper's step 4 has 0.1 to 0.15."""

_FINENESS = 4
"""Lags per sample: between samples a high note's period would be missed, or taken for two."""

_SILENT = 1e-4
"""Root mean square under which there is nothing to measure: -80 dB of full scale."""


@dataclass(frozen=True, slots=True)
class Pitch:
    """A fundamental frequency, and how periodic the sound is, 0 to 1."""

    frequency_hz: float
    periodicity: float


def shortest_sound(rate: int, low_hz: float) -> int:
    """Samples needed for a pitch as low as that: two of its periods."""
    return 2 * _longest_lag(rate, low_hz)


def find_pitch(samples: Array, rate: int, low_hz: float, high_hz: float) -> Pitch | None:
    """The pitch between two frequencies, or None for silence.

    `samples` are float [n], at least `shortest_sound` of them.
    """
    sound = samples.astype(np.float64)
    sound -= sound.mean()
    if float(np.sqrt(np.mean(sound**2))) < _SILENT:
        return None
    difference = _difference(sound, _longest_lag(rate, low_hz))
    aperiodicity = _normalised(difference)
    lag = _first_dip(aperiodicity, int(rate / high_hz * _FINENESS))
    exact = (lag + _offset(difference[lag - 1 : lag + 2])) / _FINENESS
    periodicity = 1 - float(aperiodicity[lag])
    return Pitch(rate / exact, min(max(periodicity, 0.0), 1.0))


def _longest_lag(rate: int, low_hz: float) -> int:
    return int(rate / low_hz) + 2  # one for rounding, one for the neighbour of the last lag


def _difference(sound: Array, longest: int) -> Array:
    """Step 2: squared difference of the sound and itself, at `_FINENESS` lags per sample.

    d(t) = sum over j < w of (x[j] - x[j + t])^2, with w the length less the longest lag; squares
    by running sums, products by Fourier transform, and between samples by its zero padding.
    """
    width = len(sound) - longest
    lags = np.arange(longest * _FINENESS + 1) / _FINENESS
    squares = np.concatenate(([0.0], np.cumsum(sound**2)))
    whole = np.arange(longest + 1)
    power = np.interp(lags, whole, squares[whole + width] - squares[whole])
    size = 1 << (len(sound) + width - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(sound[:width], size))
    products = np.fft.irfft(spectrum, size * _FINENESS)[: len(lags)] * _FINENESS
    return np.asarray(np.maximum(squares[width] + power - 2 * products, 0.0))


def _normalised(difference: Array) -> Array:
    """Step 3: each difference over the mean of those up to its lag; 1 at lag 0."""
    running = np.cumsum(difference[1:])
    lags = np.arange(1, len(difference))
    normalised = np.ones_like(difference)
    np.divide(difference[1:] * lags, running, out=normalised[1:], where=running > 0)
    return normalised


def _first_dip(aperiodicity: Array, shortest: int) -> int:
    """Step 4: the bottom of the first dip under the threshold, else the lowest of all.

    Both neighbours of the lag returned exist.
    """
    first = max(shortest, 1)
    inner = aperiodicity[first:-1]
    under = inner < _THRESHOLD
    if not under.any():
        return first + int(inner.argmin())
    start = int(under.argmax())
    over_again = np.flatnonzero(~under[start:])
    end = start + int(over_again[0]) if len(over_again) else len(inner)
    return first + start + int(inner[start:end].argmin())


def _offset(around: Array) -> float:
    """Step 5: where the parabola through three neighbours has its bottom, -1 to 1."""
    before, at, after = (float(value) for value in around)
    curvature = before - 2 * at + after
    if curvature <= 0:
        return 0.0
    return min(max((before - after) / (2 * curvature), -1.0), 1.0)
