"""Sound as mel-frequency cepstral coefficients, which small models that listen for words take.

Frames under a periodic Hann window, the magnitude of their spectrum, triangular mel filters that
are straight on the mel scale, ``ln(energy + offset)``, and of its DCT-II, divided by the square
root of twice the number of bands, the first few (S. Davis, P. Mermelstein: Comparison of parametric
representations for monosyllabic word recognition, IEEE ASSP-28, 1980; the details are those of
TensorFlow's `tf.signal`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from backend.core.errors import UsageError
from backend.core.tensors import Array, Datatype, TensorSpec
from backend.profiles.inputs.log_mel import MelScale, hann, mel_of
from backend.profiles.inputs.numbers import NUMBERS
from backend.profiles.inputs.sounds import Loudness, OneTensorOfSound, levelled
from backend.profiles.options import option

_LARGEST_FRAME = 65_536


@dataclass(frozen=True, slots=True)
class MfccRecipe(OneTensorOfSound):
    """A window of sound as mel-frequency cepstral coefficients [frames, coefficients].

    The tensor has the model's own shape, of which dimensions of 1 before and after are taken.
    """

    input: str = option("", "Name of the input; empty for the model's first.")
    datatype: Datatype = option(Datatype.FP32, "Datatype of the tensor.", choices=NUMBERS)
    loudness: Loudness = option(Loudness.PEAK, "How the samples are levelled first.")
    window: int = option(480, "Samples in a frame.", low=16, high=_LARGEST_FRAME)
    hop: int = option(320, "Samples from one frame to the next.", low=1, high=_LARGEST_FRAME)
    n_fft: int = option(512, "Samples that a frame is filled up to.", low=16, high=_LARGEST_FRAME)
    mels: int = option(40, "Bands.", low=1, high=1024)
    low_hz: float = option(20.0, "Lower end of the lowest band.", low=0.0)
    high_hz: float = option(4000.0, "Upper end of the highest band.", low=0.0)
    offset: float = option(1e-6, "What is added to an energy before its logarithm.", low=1e-30)
    coefficients: int = option(10, "Coefficients of a frame.", low=1, high=1024)

    def __post_init__(self) -> None:
        if not 16 <= self.window <= self.n_fft <= _LARGEST_FRAME or self.hop < 1:
            raise UsageError(
                f"A frame needs a window of 16 samples to n_fft, at most {_LARGEST_FRAME}, and a "
                f"hop of 1 or more, got {self.window}, {self.n_fft} and {self.hop}."
            )
        if not 1 <= self.coefficients <= self.mels <= 1024:
            raise UsageError(
                "A frame has at most as many coefficients as bands, of which there are 1 to 1024, "
                f"got {self.coefficients} of {self.mels}."
            )
        if not 0 <= self.low_hz < self.high_hz or not self.offset > 0:
            raise UsageError("'high_hz' must be above 'low_hz', and 'offset' above 0.")

    def numbers(self, samples: Array, rate: int) -> Array:
        """The coefficients of samples [n]: float32 [frames, coefficients]."""
        samples = levelled(samples, self.loudness)
        if len(samples) < self.window:
            return np.zeros((0, self.coefficients), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.hop]
        magnitudes = np.abs(np.fft.rfft(frames * hann(self.window), self.n_fft, axis=1))
        energies = magnitudes @ _filters(self, rate).T
        return np.asarray(np.log(energies + self.offset) @ _cosines(self), np.float32)

    def _arranged(self, numbers: Array, spec: TensorSpec | None) -> Array:
        """[frames, coefficients] with further dimensions of 1; [1, frames, c, 1] if open.

        What does not fit is sent as it is: the model or its server will say what it expected.
        """
        shape = (1, *numbers.shape, 1)
        if spec is not None and spec.shape_of(numbers.size) is not None:
            shape = spec.shape_of(numbers.size) or shape
        return numbers.reshape(shape)


@lru_cache(maxsize=8)
def _filters(settings: MfccRecipe, rate: int) -> Array:
    """The triangles [mels, bins]; no filter hears the constant part."""
    bins = np.arange(settings.n_fft // 2 + 1) * rate / settings.n_fft
    places = mel_of(bins, MelScale.HTK)
    low, high = mel_of(np.array([settings.low_hz, settings.high_hz]), MelScale.HTK)
    corners = np.linspace(low, high, settings.mels + 2)[:, np.newaxis]
    rising = (places - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - places) / (corners[2:] - corners[1:-1])
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters[:, 0] = 0
    return np.asarray(filters)


@lru_cache(maxsize=8)
def _cosines(settings: MfccRecipe) -> Array:
    """The DCT-II with its factor, [mels, coefficients]."""
    band = np.arange(settings.mels)[:, np.newaxis] + 0.5
    order = np.arange(settings.coefficients)[np.newaxis]
    waves = 2 * np.cos(np.pi * band * order / settings.mels)
    return np.asarray(waves / np.sqrt(2 * settings.mels))
