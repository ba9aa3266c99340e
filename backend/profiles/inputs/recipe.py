"""How a sample becomes a model's input tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backend.core.choices import ImageEncoding, Payload
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import AudioWindow, Frame, FrameFile, Sample
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.geometry import Geometry
from backend.profiles.names import AUDIO, IMAGE, IMAGE_ENCODED
from backend.profiles.options import option
from backend.wire.media.images import encode_image


class InputRecipe(Protocol):
    """Makes the input tensors that depend on the sample; a frozen value."""

    def tensors(
        self, sample: Sample, payload: Payload, inputs: Sequence[TensorSpec]
    ) -> list[Tensor]:
        """The exact tensors for a sample of the right kind; `inputs` are the model's own.

        Raises InvalidInput for a sample that the model cannot take.
        """
        ...

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:
        """How coordinates of what the model sees lie in a source picture of that size."""
        ...


@dataclass(frozen=True, slots=True)
class OurInputs:
    """The convention of the models that ship with Inferdeck.

    Pictures go as IMAGE UINT8 [height, width, 3] RGB or as the bytes of a file, IMAGE_ENCODED
    BYTES [1]; sound as AUDIO FP32 [n].
    """

    def tensors(
        self,
        sample: Sample,
        payload: Payload,
        inputs: Sequence[TensorSpec],  # noqa: ARG002 - the names are given
    ) -> list[Tensor]:
        """Pixels or a file, as the payload says; or samples."""
        if isinstance(sample, AudioWindow):
            return [Tensor(AUDIO, Datatype.FP32, sample.samples)]
        if payload.image is ImageEncoding.RAW:
            return [Tensor(IMAGE, Datatype.UINT8, sample.pixels)]
        return [Tensor.of_bytes(IMAGE_ENCODED, file_bytes(sample, payload))]

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:  # noqa: ARG002
        """Such a model sees the source as it is."""
        return Geometry.same(width, height)


@dataclass(frozen=True, slots=True)
class Elements:
    """One input that takes the payload's bytes, whatever they are, in its varying dimension.

    An empty name means the model's first input. UINT8 takes the bytes as they are; FP32 takes
    every byte of a picture, or every sample of sound, as one number.
    """

    input: str = option("", "Name of the input; empty for the model's first.")
    datatype: Datatype = option(
        Datatype.UINT8, "UINT8 for bytes, FP32 for one number each.", choices=("UINT8", "FP32")
    )

    def __post_init__(self) -> None:
        if self.datatype not in (Datatype.UINT8, Datatype.FP32):
            raise UsageError(f"Elements are sent as UINT8 or FP32, not as {self.datatype}.")

    def tensors(
        self, sample: Sample, payload: Payload, inputs: Sequence[TensorSpec]
    ) -> list[Tensor]:
        """All elements of the sample, in its own order."""
        if isinstance(sample, AudioWindow):
            return [self.holding(sample.samples, inputs)]
        if payload.image is ImageEncoding.RAW:
            return [self.holding(sample.pixels.reshape(-1), inputs)]
        data = np.frombuffer(file_bytes(sample, payload), np.uint8)
        return [self.holding(data, inputs)]

    def holding(self, data: Array, inputs: Sequence[TensorSpec]) -> Tensor:
        """The input with these elements; raises InvalidInput if they do not fit its shape."""
        spec = spec_named(self.input, inputs)
        name = spec.name if spec else self.input
        if self.datatype is Datatype.FP32:
            values = data.astype(np.float32, copy=False)
        else:
            values = np.ascontiguousarray(data).view(np.uint8)
        return Tensor(name, self.datatype, _filling(values, spec))

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:  # noqa: ARG002
        """Nothing is moved."""
        return Geometry.same(width, height)


@dataclass(frozen=True, slots=True)
class NoInput:
    """Nothing of the sample is sent: every input is a constant."""

    def tensors(
        self,
        sample: Sample,  # noqa: ARG002 - see above
        payload: Payload,  # noqa: ARG002
        inputs: Sequence[TensorSpec],  # noqa: ARG002
    ) -> list[Tensor]:
        """No tensors."""
        return []

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:  # noqa: ARG002
        """Nothing is moved."""
        return Geometry.same(width, height)


def spec_named(name: str, inputs: Sequence[TensorSpec]) -> TensorSpec | None:
    """The input of that name, the first one for ''; None if there is none."""
    if not name:
        return inputs[0] if inputs else None
    return next((spec for spec in inputs if spec.name == name), None)


def file_bytes(frame: Frame, payload: Payload) -> bytes:
    """The frame as a JPEG or PNG file, or its pixels as they are."""
    if payload.image is ImageEncoding.RAW:
        return encode_image(frame.pixels, payload.image, payload.jpeg_quality)
    return frame_file(frame, payload).data


def frame_file(frame: Frame, payload: Payload) -> FrameFile:
    """The frame as a file of the payload's encoding; its own, if that is such a one."""
    quality = payload.jpeg_quality if payload.image is ImageEncoding.JPEG else 0
    own = frame.file
    if own is not None and (own.encoding, own.quality) == (payload.image, quality):
        return own
    data = encode_image(frame.pixels, payload.image, payload.jpeg_quality)
    return FrameFile(payload.image, quality, data)


def _filling(values: Array, spec: TensorSpec | None) -> Array:
    """The elements in the last varying dimension of the shape, the others being 1."""
    if spec is None or spec.shape == (-1,):
        return values
    shape = [1 if size < 0 else size for size in spec.shape]
    varying = [place for place, size in enumerate(spec.shape) if size < 0]
    if not varying or len(values) % int(np.prod(shape, dtype=np.int64)):
        raise InvalidInput(
            f"{len(values)} elements do not fit into input '{spec.name}' {list(spec.shape)}.",
            hint="Choose another input recipe, or fill this input with constants.",
        )
    shape[varying[-1]] = -1
    return values.reshape(shape)
