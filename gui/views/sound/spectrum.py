"""Sound as columns of a picture: cutting it into windows, and mel spectra in decibels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array

FLOOR_DB = -100.0
"""Level of the darkest colour; the brightest is 0 dB, a full-scale sine."""

_WINDOW_S = 0.05
_LOWEST_HZ = 40.0
_AT_ONCE = 64
"""Columns computed together: enough to be quick, few enough to stay in the cache."""


def fft_size(rate: int) -> int:
    """The power of two that is nearest to 50 ms of sound."""
    return int(2 ** round(math.log2(rate * _WINDOW_S)))


class ColumnCutter:
    """Cuts a stream of samples into windows: `parts` of them for each column of `hop` samples.

    `hop` need not be whole: a column is as many samples as one screen pixel shows, so nothing has
    to be resampled afterwards. Wide columns get several windows, so that no sound falls between.
    """

    def __init__(self, hop: float, size: int, parts: int = 1) -> None:
        self.hop, self.size, self.parts = hop, size, parts
        self._tail: Array = np.zeros(size + math.ceil(hop), np.float32)
        self._seen = 0
        self._cut = 0

    def add(self, samples: Array) -> Array:
        """Take samples [n]; gives the windows [columns * parts, size] of all complete columns."""
        start = self._seen - len(self._tail)
        buffer = np.concatenate((self._tail, samples)).astype(np.float32, copy=False)
        self._seen += len(samples)
        columns = int(self._seen / self.hop) - self._cut
        steps = self._cut + np.arange(1, columns * self.parts + 1) / self.parts
        ends = np.floor(steps * self.hop).astype(np.int64)
        self._cut += columns
        self._tail = buffer[len(buffer) - self.size - math.ceil(self.hop) :]
        windows = np.lib.stride_tricks.sliding_window_view(buffer, self.size)
        return windows[ends - self.size - start]


@dataclass(frozen=True, slots=True)
class MelRows:
    """Rows from half the sample rate, on top, down to 40 Hz, evenly spaced in perceived pitch."""

    rate: int
    rows: int

    @property
    def _high(self) -> float:
        return mel(self.rate / 2)

    @property
    def _low(self) -> float:
        return mel(min(_LOWEST_HZ, self.rate / 4))

    def row_of(self, hertz: float) -> float:
        """The row, counted from the top, in which a frequency lies."""
        return (self._high - mel(hertz)) / (self._high - self._low) * (self.rows - 1)

    def frequencies(self) -> Array:
        """The middle of each row in Hz, top row first."""
        return hertz_of(np.linspace(self._high, self._low, self.rows))


class MelSpectrum:
    """Turns windows of sound into columns of levels on the mel scale, highest pitch on top."""

    def __init__(self, rate: int, rows: int) -> None:
        self.size = fft_size(rate)
        self.frequencies = MelRows(rate, rows).frequencies()
        self._taper = np.hanning(self.size).astype(np.float32)
        bins = np.fft.rfftfreq(self.size, 1 / rate)
        # Each row takes in what lies between its neighbours, and at least the nearest two bins:
        # low rows are narrower than a bin.
        spacing = np.abs(np.gradient(self.frequencies)) if rows > 1 else np.array([rate / 2])
        reach = np.maximum(spacing, bins[1])
        # Only the few bins within reach are kept, as many for each row. A full matrix product
        # would wake the linear algebra library's threads for every column, and they spin.
        first = np.ceil((self.frequencies - reach) / bins[1]).astype(np.int64)
        near = first[:, None] + np.arange(int(2 * reach.max() / bins[1]) + 1)
        inside = (near >= 0) & (near < len(bins))
        far = np.abs(near * bins[1] - self.frequencies[:, None]) / reach[:, None]
        scale = (2.0 / float(self._taper.sum())) ** 2
        self._bins = np.clip(near, 0, len(bins) - 1)
        self._weights = (np.maximum(1.0 - far, 0.0) * inside * scale).astype(np.float32)

    def levels(self, windows: Array, parts: int = 1) -> Array:
        """uint8 [rows, n] for windows [n * parts, size]: 0 is -100 dB or less, 255 is 0 dB.

        The `parts` windows of a column are averaged as power.
        """
        step = _AT_ONCE * parts
        pieces = [
            self._some_levels(windows[start : start + step], parts)
            for start in range(0, len(windows), step)
        ]
        empty = np.zeros((len(self.frequencies), 0), np.uint8)
        return np.concatenate([empty, *pieces], axis=1)

    def _some_levels(self, windows: Array, parts: int) -> Array:
        spectrum = np.fft.rfft(windows * self._taper, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        power = power.reshape(-1, parts, power.shape[1]).mean(axis=1)
        bands = np.einsum("nrk,rk->rn", power[:, self._bins], self._weights)
        decibels = 10.0 * np.log10(bands + np.float32(1e-12))
        return np.asarray(np.clip(1.0 - decibels / FLOOR_DB, 0.0, 1.0) * 255.0, np.uint8)


def mel(hertz: float) -> float:
    """Perceived pitch of a frequency, by O'Shaughnessy's formula."""
    return 2595.0 * math.log10(1.0 + hertz / 700.0)


def hertz_of(mels: Array) -> Array:
    """Frequencies of pitches; the inverse of `mel`."""
    return np.asarray(700.0 * (10.0 ** (np.asarray(mels) / 2595.0) - 1.0))
