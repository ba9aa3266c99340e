"""How an item of simple serving becomes the input tensors of a model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from backend.core.choices import Payload
from backend.core.errors import InvalidInput
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.inputs.numbers import as_datatype
from backend.profiles.inputs.recipe import Elements
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.sound import MAX_SAMPLES, check_rate
from backend.wire.serving.items import (
    Item,
    NamedValues,
    PictureFile,
    Pixels,
    Sound,
    Tensors,
    Values,
)


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """The input tensors for an item, and the sample they were made of where that matters."""

    tensors: Sequence[Tensor] = ()
    sample: Sample | None = None


def feed(item: Item, profile: ModelProfile) -> Fed:
    """The input tensors for an item; raises InvalidInput if the model takes another kind."""
    match item:
        case Pixels(pixels):
            return _of_sample(Frame(0, time.monotonic_ns(), pixels), profile)
        case PictureFile(data):
            return Fed(*profile.encode_file(data))
        case Sound(samples, rate):
            return _of_sample(_window(samples, rate, profile), profile)
        case Values(value, rate):
            return _from_values(value, rate, profile)
        case NamedValues():
            raise InvalidInput(
                f"Model '{profile.model}' takes one item, got inputs by name.",
                hint="Send them with the Open Inference Protocol.",
            )
        case Tensors(tensors):
            media = _media_in(tensors, profile)
            return Fed(tensors) if media is None else feed(media, profile)


def _of_sample(sample: Sample, profile: ModelProfile) -> Fed:
    return Fed(profile.encode(sample, Payload()), sample)


def _media_in(tensors: Sequence[Tensor], profile: ModelProfile) -> Item | None:
    """The picture or sound in a tensor that is called so, if the model has no such input."""
    if len(tensors) != 1 or tensors[0].name in [spec.name for spec in profile.inputs]:
        return None
    tensor = tensors[0]
    match tensor.name, tensor.datatype, len(tensor.shape):
        case ("IMAGE", Datatype.UINT8, 3) if tensor.shape[2] == 3 and tensor.data.size:
            return Pixels(tensor.data)
        case ("IMAGE_ENCODED", Datatype.BYTES, 1) if len(tensor.data) == 1:
            return PictureFile(tensor.data[0])
        case ("AUDIO", Datatype.FP32, 1):
            return Sound(tensor.data)
    return None


def _from_values(value: object, rate: int | None, profile: ModelProfile) -> Fed:
    array = numbers(value)
    match profile.kind:
        case MediaKind.IMAGE:
            return feed(Pixels(_pixels(array)), profile)
        case MediaKind.AUDIO:
            if array.ndim > 1:
                raise InvalidInput(
                    f"Model '{profile.model}' takes sound: a flat list of samples, "
                    f"got {array.ndim} levels of lists."
                )
            return feed(Sound(array.reshape(-1).astype(np.float32), rate), profile)
        case MediaKind.BYTES:
            return Fed(profile.complete(_elements(array, profile)))


def _elements(array: Array, profile: ModelProfile) -> list[Tensor]:
    """The one input that takes any elements; none if every input is a constant."""
    recipe = profile.recipe
    if not isinstance(recipe, Elements):
        return []
    data = as_input_datatype(array, recipe.datatype).reshape(-1)
    return [recipe.holding(data, profile.inputs)]


def numbers(value: object) -> Array:
    """A number or nested lists as an array of float64, int64 or bool; raises InvalidInput."""
    try:
        array: Array = np.asarray(value)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "The input's lists are not all of one length.",
            hint="Send a number, or lists of equal length at each level.",
        ) from None
    if array.dtype.kind not in "iufb":
        raise InvalidInput(
            f"The input must be a number or a nested list of numbers, got {_kind(value)}."
        )
    return array


def _pixels(array: Array) -> Array:
    """RGB pixels of [height, width, 3] or grey [height, width] numbers."""
    pixels = as_input_datatype(array, Datatype.UINT8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise InvalidInput(
            f"A picture is [height][width][3] (RGB) or [height][width] (grey), "
            f"got {list(array.shape)}."
        )
    return pixels


def as_input_datatype(array: Array, datatype: Datatype) -> Array:
    """The numbers in a datatype; raises InvalidInput if one does not fit."""
    kind = datatype.numpy
    if datatype is Datatype.BF16:
        return as_datatype(array.astype(np.float64), datatype)
    if kind.kind == "f":
        return _as_floats(array, datatype)
    if array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):
        raise InvalidInput(f"The model takes {datatype}, got numbers with a fraction.")
    lowest, highest = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
    if array.size:
        low, high = array.min(), array.max()
        if low < lowest or high > highest:
            raise InvalidInput(
                f"The model takes {datatype}, {lowest} to {highest}; got {low} to {high}."
            )
    return array.astype(kind)


def _as_floats(array: Array, datatype: Datatype) -> Array:
    with np.errstate(over="ignore"):
        floats = array.astype(datatype.numpy)
    if np.isinf(floats).any() and not np.isinf(array.astype(np.float64)).any():
        raise InvalidInput(f"The model takes {datatype}, got numbers that it cannot hold.")
    return floats


def _window(samples: Array, rate: int | None, profile: ModelProfile) -> AudioWindow:
    """The sound at the model's rate; a model that takes any bytes gets it as it is."""
    wanted = profile.audio.rate
    if rate is not None:
        check_rate(rate)
        if profile.kind is MediaKind.AUDIO and rate != wanted and len(samples):
            samples = _resampled(samples, rate, wanted)
    return AudioWindow(0, time.monotonic_ns(), samples, wanted)


def _resampled(samples: Array, rate: int, wanted: int) -> Array:
    """The sound at another rate; a low rate would make a short sound a very long one."""
    becoming = len(samples) * wanted // rate
    if becoming > MAX_SAMPLES:
        raise InvalidInput(
            f"{len(samples):,} samples at {rate} Hz become {becoming:,} at the model's {wanted} "
            f"Hz; at most {MAX_SAMPLES:,} are made.",
            hint="Send a shorter sound, or its true rate.",
        )
    resampled: Array = soxr.resample(samples, rate, wanted)
    return resampled


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "an object"
    if value is None:
        return "null"
    return "a list that holds something else" if isinstance(value, list) else type(value).__name__
