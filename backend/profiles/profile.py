"""A model profile: how a sample becomes input tensors, and output tensors become predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backend.core.choices import ImageEncoding, Payload
from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.predictions import Predictions
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.wire.images import encode_image

IMAGE, IMAGE_ENCODED, AUDIO, INPUT0 = "IMAGE", "IMAGE_ENCODED", "AUDIO", "INPUT0"


class OutputDecoder(Protocol):
    """Turns a model's outputs, by name, into predictions."""

    def decode(self, outputs: Mapping[str, Tensor]) -> Predictions:
        """Raise KeyError for an output that is missing."""
        ...


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The sound a model wants: samples per second, and seconds per window and between windows."""

    rate: int
    window_s: float
    hop_s: float

    @property
    def window(self) -> int:
        """Samples in a window."""
        return round(self.rate * self.window_s)

    @property
    def hop(self) -> int:
        """Samples from one window's start to the next."""
        return round(self.rate * self.hop_s)


DEFAULT_AUDIO = AudioFormat(rate=16_000, window_s=0.5, hop_s=0.1)
"""For models that take any bytes and so ask for no format."""


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """One model's inputs, outputs and meaning.

    `kind` says what it takes: IMAGE models declare the optional inputs IMAGE UINT8 [-1,-1,3] RGB
    and IMAGE_ENCODED BYTES [1], of which exactly one is sent; AUDIO models declare AUDIO FP32 [-1];
    BYTES models declare one input that takes the payload's bytes, each as one element.
    """

    model: str
    kind: MediaKind
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    decoder: OutputDecoder
    labels: tuple[str, ...] = ()
    audio: AudioFormat = DEFAULT_AUDIO
    description: str = ""

    def encode(self, sample: Sample, payload: Payload) -> list[Tensor]:
        """The input tensors for a sample; raises InvalidInput if the model takes another kind."""
        if isinstance(sample, Frame):
            if payload.image is ImageEncoding.RAW:
                return self._encode_pixels(sample)
            return self.encode_file(
                encode_image(sample.pixels, payload.image, payload.jpeg_quality)
            )
        return self._encode_sound(sample)

    def encode_file(self, data: bytes) -> list[Tensor]:
        """The input tensors for the bytes of a JPEG or PNG file."""
        match self.kind:
            case MediaKind.IMAGE:
                return [Tensor.of_bytes(IMAGE_ENCODED, data)]
            case MediaKind.BYTES:
                return [self._elements(np.frombuffer(data, np.uint8))]
            case MediaKind.AUDIO:
                raise InvalidInput(f"Model '{self.model}' takes sound, got a picture.")

    def decode(self, outputs: Iterable[Tensor]) -> Predictions:
        """What the outputs mean; raises ReplyMismatch if one that the profile needs is missing."""
        by_name = {tensor.name: tensor for tensor in outputs}
        try:
            return self.decoder.decode(by_name)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            wrong = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ReplyMismatch(
                f"The server's '{self.model}' does not answer as ours does: {wrong}.",
                hint=f"Expected {_listed(self.outputs)}; got {_listed(by_name.values())}.",
            ) from error

    def _encode_pixels(self, frame: Frame) -> list[Tensor]:
        match self.kind:
            case MediaKind.IMAGE:
                return [Tensor(IMAGE, Datatype.UINT8, frame.pixels)]
            case MediaKind.BYTES:
                return [self._elements(frame.pixels.reshape(-1))]
            case MediaKind.AUDIO:
                raise InvalidInput(f"Model '{self.model}' takes sound, got a picture.")

    def _encode_sound(self, window: AudioWindow) -> list[Tensor]:
        match self.kind:
            case MediaKind.AUDIO:
                return [Tensor(AUDIO, Datatype.FP32, window.samples)]
            case MediaKind.BYTES:
                return [self._elements(window.samples)]
            case MediaKind.IMAGE:
                raise InvalidInput(f"Model '{self.model}' takes pictures, got sound.")

    def _elements(self, data: np.ndarray) -> Tensor:
        """The one input of a BYTES model: bytes as UINT8, or every element as FP32."""
        spec = self.inputs[0]
        if spec.datatype is Datatype.FP32:
            return Tensor(spec.name, Datatype.FP32, data.astype(np.float32, copy=False))
        return Tensor(spec.name, Datatype.UINT8, np.ascontiguousarray(data).view(np.uint8))


def _listed(tensors: Iterable[Tensor | TensorSpec]) -> str:
    """Names, datatypes and shapes, for messages."""
    return ", ".join(f"{t.name} {t.datatype} {list(t.shape)}" for t in tensors) or "no outputs"
