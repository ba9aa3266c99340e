"""Pictures and sound as the elements of an input of which only datatype and shape are known.

A model that wants more, such as a mean taken off or another colour order, has a profile for it.
"""

from __future__ import annotations

import math

import numpy as np

from backend.core.choices import ImageEncoding
from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.inspector.forms.input_values import shaped
from backend.profiles.inputs.numbers import as_datatype
from backend.wire.elements import TensorRef
from backend.wire.media.images import encode_image
from backend.wire.media.opencv import cv2
from backend.wire.media.sound import encode_wav

_JPEG_QUALITY = 90
_INT16_SCALE = 32767.0
_MAX_SIDE = 16_384


def picture_tensor(pixels: Array, spec: TensorSpec, place: TensorRef) -> Tensor:
    """RGB uint8 [height, width, 3] stretched to the input's height and width.

    The last or the first dimension of three is taken for the colours, one of 1 for grey, and one
    before these for a batch. Numbers with a fraction run from 0 to 1, others from 0 to 255; BYTES
    is a JPEG file. Raises InvalidInput for a shape that no picture fits.
    """
    if spec.datatype is Datatype.BYTES:
        data = encode_image(np.ascontiguousarray(pixels), ImageEncoding.JPEG, _JPEG_QUALITY)
        return file_tensor(data, spec, place)
    laid_out = _laid_out(pixels, spec, place)
    fraction = spec.datatype.numpy.kind == "f" or spec.datatype is Datatype.BF16
    values = laid_out / np.float32(255) if fraction else laid_out
    return shaped(as_datatype(values, spec.datatype), spec, place, "the picture")


def sound_tensor(samples: Array, rate: int, spec: TensorSpec, place: TensorRef) -> Tensor:
    """Float32 mono [n] in the input's last dimension, of which it is the newest part.

    Where the input is longer, silence comes first. INT16 runs over its whole range; BYTES is a WAV
    file. Raises InvalidInput for a shape that no sound fits.
    """
    if spec.datatype is Datatype.BYTES:
        return file_tensor(encode_wav(samples, rate), spec, place)
    if not spec.shape or any(size not in (-1, 1) for size in spec.shape[:-1]):
        raise InvalidInput(
            f"{place} has shape {list(spec.shape)}; sound needs one dimension, the last.",
            hint="Fill it from a file, or write a profile.",
        )
    wanted = spec.shape[-1]
    if wanted >= 0:
        silence = np.zeros(max(0, wanted - len(samples)), samples.dtype)
        samples = np.concatenate((silence, samples[len(samples) - min(wanted, len(samples)) :]))
    if spec.datatype is Datatype.INT16:
        samples = samples * np.float32(_INT16_SCALE)
    shape = (*(1 for _ in spec.shape[:-1]), len(samples))
    return Tensor(spec.name, spec.datatype, as_datatype(samples, spec.datatype).reshape(shape))


def file_tensor(data: bytes, spec: TensorSpec, place: TensorRef) -> Tensor:
    """A BYTES input of one element: a file's bytes; raises InvalidInput for more elements."""
    if any(size not in (-1, 1) for size in spec.shape):
        raise InvalidInput(
            f"{place} has {list(spec.shape)} elements; a file is one.",
            hint='Write JSON with one {"file": "..."} for each.',
        )
    one = Tensor.of_bytes(spec.name, data).data.reshape(tuple(1 for _ in spec.shape))
    return Tensor(spec.name, Datatype.BYTES, one)


def _laid_out(pixels: Array, spec: TensorSpec, place: TensorRef) -> Array:
    """The picture in the input's layout and size, still uint8, without the batch."""
    shape = spec.shape[1:] if len(spec.shape) == 4 and spec.shape[0] in (-1, 1) else spec.shape
    if len(shape) == 3 and shape[2] in (1, 3):
        return _coloured(_stretched(pixels, shape[0], shape[1], place), shape[2])
    if len(shape) == 3 and shape[0] in (1, 3):
        coloured = _coloured(_stretched(pixels, shape[1], shape[2], place), shape[0])
        return coloured.transpose(2, 0, 1)
    if len(shape) == 3 and shape[2] == -1:
        return _stretched(pixels, shape[0], shape[1], place)
    if len(shape) == 2:
        return _coloured(_stretched(pixels, shape[0], shape[1], place), 1)[:, :, 0]
    if len(shape) == 1 and shape[0] in (-1, math.prod(pixels.shape)):
        return pixels.reshape(-1)
    raise InvalidInput(
        f"A picture does not fit {place} {list(spec.shape)}.",
        hint="Expected [height, width, 3] or [3, height, width], with or without a batch.",
    )


def _stretched(pixels: Array, height: int, width: int, place: TensorRef) -> Array:
    height, width = (
        got if wanted < 0 else wanted
        for wanted, got in zip((height, width), pixels.shape[:2], strict=True)
    )
    if (height, width) == pixels.shape[:2]:
        return pixels
    if not (0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE):
        raise InvalidInput(f"{place} would be a picture of {width} x {height} pixels.")
    smaller = height * width < pixels.shape[0] * pixels.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=way))


def _coloured(pixels: Array, channels: int) -> Array:
    if channels != 1:
        return pixels
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey)[:, :, np.newaxis]
