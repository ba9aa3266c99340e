"""Pictures as the numbers or the files that a model wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from backend.core.choices import ImageEncoding, Payload
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import Frame, Sample
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.geometry import Fit, Geometry
from backend.profiles.inputs.numbers import NUMBERS, as_datatype
from backend.profiles.inputs.recipe import file_bytes, spec_named
from backend.profiles.options import option
from backend.wire.elements import object_array
from backend.wire.media.opencv import cv2

LARGEST_SIDE = 16_384


class Colours(StrEnum):
    """The order of the channels; GREY is one channel of lightness."""

    RGB = "rgb"
    BGR = "bgr"
    GREY = "grey"


class PictureLayout(StrEnum):
    """The order of the dimensions: N batch (always 1), C channels, H height, W width."""

    NCHW = "NCHW"
    NHWC = "NHWC"
    CHW = "CHW"
    HWC = "HWC"
    NHW = "NHW"
    HW = "HW"


class FileFormat(StrEnum):
    """The kinds of files that pictures are written as."""

    JPEG = "jpeg"
    PNG = "png"


class Interpolation(StrEnum):
    """How pixels are made when a picture changes its size."""

    LINEAR = "linear"
    AREA = "area"
    NEAREST = "nearest"
    CUBIC = "cubic"


_METHODS = {
    Interpolation.LINEAR: "INTER_LINEAR",
    Interpolation.AREA: "INTER_AREA",
    Interpolation.NEAREST: "INTER_NEAREST",
    Interpolation.CUBIC: "INTER_CUBIC",
}

_CARRIERS = {1: np.uint8, 2: np.uint16, 4: np.int32, 8: np.float64}
"""What OpenCV's table look-up can move, by bytes an element; it never looks at the values."""


@dataclass(frozen=True, slots=True)
class PictureRecipe:
    """A picture as a tensor of numbers: ``(pixel * scale - mean) / deviation`` for each channel.

    Means and deviations are one for all channels or one for each, in the order they are sent.
    """

    input: str = option("", "Name of the input; empty for the model's first.")
    datatype: Datatype = option(Datatype.FP32, "Datatype of the tensor.", choices=NUMBERS)
    layout: PictureLayout = option(PictureLayout.NCHW, "Order of the dimensions.")
    colours: Colours = option(Colours.RGB, "Order of the channels.")
    width: int = option(
        0, "Pixels; 0 takes the model's own width.", low=0, high=LARGEST_SIDE, auto=True
    )
    height: int = option(
        0, "Pixels; 0 takes the model's own height.", low=0, high=LARGEST_SIDE, auto=True
    )
    fit: Fit = option(Fit.STRETCH, "How the picture is brought to that size.")
    crop_share: float = option(1.0, "Part of the largest crop that is kept.", low=0.01, high=1.0)
    padding: tuple[int, int, int] = option((0, 0, 0), "Colour of the margin, red green blue.")
    interpolation: Interpolation = option(Interpolation.LINEAR, "How pixels are made.")
    scale: float = option(1.0, "What a pixel of 0 to 255 is multiplied with first.")
    mean: tuple[float, ...] = option((0.0,), "What is subtracted then, for each channel.")
    deviation: tuple[float, ...] = option((1.0,), "What it is divided by last, for each channel.")

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("deviation", self.deviation)):
            if len(values) not in (1, self.channels):
                raise UsageError(
                    f"Expected 1 or {self.channels} values of '{name}', got {len(values)}."
                )
        if not all(self.deviation):
            raise UsageError("A deviation must not be 0: pixels are divided by it.")
        if not 0 < self.crop_share <= 1:
            raise UsageError(f"'crop_share' must be above 0 and at most 1, got {self.crop_share}.")
        if any(not 0 <= side <= LARGEST_SIDE for side in (self.width, self.height)):
            raise UsageError(f"Width and height must be 0 to {LARGEST_SIDE} pixels.")
        if len(self.padding) != 3 or any(not 0 <= value <= 255 for value in self.padding):
            raise UsageError(f"'padding' is three numbers of 0 to 255, got {list(self.padding)}.")
        if "C" not in self.layout and self.colours is not Colours.GREY:
            raise UsageError(f"Layout {self.layout} has no channels: it needs colours 'grey'.")
        if self.datatype is Datatype.BYTES:
            raise UsageError("BYTES holds files, not numbers: use an encoded picture.")

    @property
    def channels(self) -> int:
        """Numbers a pixel."""
        return 1 if self.colours is Colours.GREY else 3

    def tensors(
        self,
        sample: Sample,
        payload: Payload,  # noqa: ARG002 - numbers have no image encoding
        inputs: Sequence[TensorSpec],
    ) -> list[Tensor]:
        """The picture as the one tensor."""
        frame = _frame(sample)
        pixels = self._in_order(self._fitted(frame, inputs))
        spec = spec_named(self.input, inputs)
        name = spec.name if spec else self.input
        return [Tensor(name, self.datatype, self._arranged(pixels))]

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:
        """How the source is brought to the model's size."""
        own = self._own_size(inputs)
        model = (self.width or own[0] or width, self.height or own[1] or height)
        return Geometry.fitted((width, height), model, self.fit, self.crop_share)

    def picture(self, sample: Sample, inputs: Sequence[TensorSpec]) -> Array:
        """What the model sees, before it becomes numbers: RGB uint8 [height, width, 3]."""
        pixels = self._fitted(_frame(sample), inputs)
        if self.colours is Colours.GREY:
            pixels = np.repeat(self._in_order(pixels)[:, :, np.newaxis], 3, axis=2)
        return pixels

    def _fitted(self, frame: Frame, inputs: Sequence[TensorSpec]) -> Array:
        place = self.geometry(frame.width, frame.height, inputs)
        x0, y0, x1, y1 = place.source_region
        left, top, right, bottom = place.model_region
        part = frame.pixels[y0:y1, x0:x1]
        if part.shape[:2] != (bottom - top, right - left):
            method = getattr(cv2, _METHODS[self.interpolation])
            part = cv2.resize(part, (right - left, bottom - top), interpolation=method)
        margins = (top, place.model_height - bottom, left, place.model_width - right)
        if any(margins):
            part = cv2.copyMakeBorder(
                part, *margins, borderType=cv2.BORDER_CONSTANT, value=self.padding
            )
        return np.asarray(part)

    def _in_order(self, pixels: Array) -> Array:
        if self.colours is Colours.BGR:
            return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        if self.colours is Colours.GREY:
            return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        return pixels

    def _arranged(self, pixels: Array) -> Array:
        """Pixels [height, width(, 3)] as numbers in the model's layout."""
        table = _table(self)
        height, width = pixels.shape[:2]
        shape = {"N": 1, "C": self.channels, "H": height, "W": width}
        numbers: Array = np.empty((self.channels, height, width), table.dtype)
        if self.layout in (PictureLayout.NHWC, PictureLayout.HWC) and self.channels > 1:
            numbers = np.asarray(cv2.LUT(np.ascontiguousarray(pixels), table.T[np.newaxis].copy()))
        else:
            planes = cv2.split(pixels) if self.channels > 1 else [pixels]
            for index, plane in enumerate(planes):
                cv2.LUT(np.ascontiguousarray(plane), table[index], dst=numbers[index])
        arranged = numbers.view(self.datatype.numpy)
        return arranged.reshape([shape[letter] for letter in self.layout])

    def _own_size(self, inputs: Sequence[TensorSpec]) -> tuple[int, int]:
        """Width and height that the model declares, 0 where it leaves them open."""
        spec = spec_named(self.input, inputs)
        if spec is None or len(spec.shape) != len(self.layout):
            return 0, 0
        width, height = (spec.shape[self.layout.index(letter)] for letter in "WH")
        return max(0, width), max(0, height)


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture as the bytes of a JPEG or PNG file, one element of BYTES."""

    input: str = option("", "Name of the input; empty for the model's first.")
    file: FileFormat = option(FileFormat.JPEG, "File sent where the payload asks for raw pixels.")
    rank: int = option(1, "Dimensions of the tensor: 0 [], 1 [1], 2 [1, 1].", low=0, high=4)
    longest_side: int = option(
        0,
        "Pixels to which a larger picture is made smaller; 0 for never.",
        low=0,
        high=LARGEST_SIDE,
    )

    def tensors(
        self, sample: Sample, payload: Payload, inputs: Sequence[TensorSpec]
    ) -> list[Tensor]:
        """The file as the one element."""
        frame = _frame(sample)
        pixels = self.picture(frame, inputs)
        if pixels is not frame.pixels:
            frame = Frame(0, 0, pixels)
        if payload.image is ImageEncoding.RAW:
            payload = replace(payload, image=ImageEncoding(self.file.value))
        return [self.holding(file_bytes(frame, payload), inputs)]

    def holding(self, data: bytes, inputs: Sequence[TensorSpec]) -> Tensor:
        """The input with the bytes of a file."""
        spec = spec_named(self.input, inputs)
        shaped = object_array([data], (1,) * self.rank)
        return Tensor(spec.name if spec else self.input, Datatype.BYTES, shaped)

    def geometry(self, width: int, height: int, inputs: Sequence[TensorSpec]) -> Geometry:  # noqa: ARG002
        """The source as it is, or made smaller."""
        longest = max(width, height)
        if not 0 < self.longest_side < longest:
            return Geometry.same(width, height)
        factor = self.longest_side / longest
        model = (max(1, round(width * factor)), max(1, round(height * factor)))
        return Geometry.fitted((width, height), model, Fit.STRETCH)

    def picture(self, sample: Sample, inputs: Sequence[TensorSpec]) -> Array:
        """What is written into the file: RGB uint8 [height, width, 3]."""
        frame = _frame(sample)
        place = self.geometry(frame.width, frame.height, inputs)
        if (place.model_width, place.model_height) == (frame.width, frame.height):
            return frame.pixels
        size = (place.model_width, place.model_height)
        return np.asarray(cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA))


def _frame(sample: Sample) -> Frame:
    if not isinstance(sample, Frame):
        raise InvalidInput("Expected a picture, got sound.")
    return sample


@lru_cache(maxsize=64)
def _table(recipe: PictureRecipe) -> Array:
    """The 256 values that a pixel can become, for each channel, as bits OpenCV can move."""
    pixel = np.arange(256, dtype=np.float64)[np.newaxis] * recipe.scale
    mean = np.broadcast_to(np.asarray(recipe.mean, np.float64), recipe.channels)
    deviation = np.broadcast_to(np.asarray(recipe.deviation, np.float64), recipe.channels)
    values = (pixel - mean[:, np.newaxis]) / deviation[:, np.newaxis]
    table = np.ascontiguousarray(as_datatype(values, recipe.datatype))
    carried: Array = table.view(_CARRIERS[table.dtype.itemsize])
    carried.flags.writeable = False
    return carried
