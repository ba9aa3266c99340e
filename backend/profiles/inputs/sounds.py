"""Sound as the numbers that a model wants: samples, or a log-mel spectrogram."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.core.choices import Payload
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import AudioWindow, Sample
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.geometry import Geometry
from backend.profiles.inputs.log_mel import LogMel
from backend.profiles.inputs.numbers import NUMBERS, as_datatype
from backend.profiles.inputs.recipe import spec_named
from backend.profiles.options import option


class SoundLayout(StrEnum):
    """The order of the dimensions: N batch and C channel (always 1), M mel bands, T time."""

    T = "T"
    NT = "NT"
    NCT = "NCT"
    NTC = "NTC"
    MT = "MT"
    TM = "TM"
    NMT = "NMT"
    NTM = "NTM"
    NCMT = "NCMT"
    NCTM = "NCTM"


class Loudness(StrEnum):
    """As it is, with a peak of 1, or with a mean of 0 and a deviation of 1."""

    AS_IS = "as is"
    PEAK = "peak"
    STANDARD = "standard"


_QUIET = 1e-7
"""Sound below this is silence, which is not made louder."""


class OneTensorOfSound(ABC):
    """What recipes of sound share: a window goes as one tensor, and has no places."""

    __slots__ = ()
    input: str
    datatype: Datatype

    @abstractmethod
    def numbers(self, samples: Array, rate: int) -> Array:
        """What is made of samples [n]."""

    @abstractmethod
    def _arranged(self, numbers: Array, spec: TensorSpec | None) -> Array:
        """The numbers in the order and shape of the input, which is None if there is none."""

    def tensors(
        self,
        sample: Sample,
        payload: Payload,  # noqa: ARG002 - sound is written in one way only
        inputs: Sequence[TensorSpec],
    ) -> list[Tensor]:
        """The window as the one tensor."""
        if not isinstance(sample, AudioWindow):
            raise InvalidInput("Expected sound, got a picture.")
        spec = spec_named(self.input, inputs)
        name = spec.name if spec else self.input
        numbers = as_datatype(self.numbers(sample.samples, sample.rate), self.datatype)
        return [Tensor(name, self.datatype, self._arranged(numbers, spec))]

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:  # noqa: ARG002
        """Sound has no places."""
        return Geometry.same(width, height)


@dataclass(frozen=True, slots=True)
class SoundRecipe(OneTensorOfSound):
    """A window of sound as a tensor; its rate and length are those of the profile's sound.

    Without `log_mel` the samples themselves are sent, -1 to 1 times `scale`.
    """

    input: str = option("", "Name of the input; empty for the model's first.")
    datatype: Datatype = option(Datatype.FP32, "Datatype of the tensor.", choices=NUMBERS)
    layout: SoundLayout = option(SoundLayout.NT, "Order of the dimensions.")
    loudness: Loudness = option(Loudness.AS_IS, "How the samples are levelled first.")
    scale: float = option(1.0, "What samples of -1 to 1 are multiplied with.")
    log_mel: LogMel | None = option(None, "The spectrogram sent instead of samples.")

    def __post_init__(self) -> None:
        if ("M" in self.layout) != (self.log_mel is not None):
            wanted = "one with M" if self.log_mel else "one without M"
            raise UsageError(f"Layout {self.layout} does not fit: expected {wanted}.")
        if self.datatype is Datatype.BYTES:
            raise UsageError("Sound is sent as numbers, not as BYTES.")

    def numbers(self, samples: Array, rate: int) -> Array:
        """Levelled samples [n], or the spectrogram [mels, frames]."""
        scaled = levelled(samples, self.loudness)
        if self.scale != 1:
            scaled = scaled * np.float32(self.scale)
        return scaled if self.log_mel is None else self.log_mel.of(scaled, rate)

    def _arranged(self, numbers: Array, spec: TensorSpec | None) -> Array:  # noqa: ARG002 - the layout says it
        """[T] or [M, T] in the model's layout."""
        if self.layout.index("T") < max(self.layout.find("M"), 0):
            numbers = np.ascontiguousarray(numbers.T)
        sizes = iter(numbers.shape)
        return numbers.reshape([1 if letter in "NC" else next(sizes) for letter in self.layout])


def levelled(samples: Array, loudness: Loudness) -> Array:
    """Samples [n] at the wanted loudness; silence stays silence."""
    match loudness:
        case Loudness.PEAK:
            peak = float(np.abs(samples).max(initial=0.0))
            return samples / np.float32(peak) if peak > _QUIET else samples
        case Loudness.STANDARD if samples.size:
            centred = samples - samples.mean(dtype=np.float64)
            deviation = float(centred.std())
            standard = centred / deviation if deviation > _QUIET else centred
            return np.asarray(standard, np.float32)
    return samples
