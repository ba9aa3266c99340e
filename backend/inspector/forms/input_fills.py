"""What an input of a request may be filled with, and the tensors that come of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.core.choices import ImageEncoding, Payload
from backend.core.errors import InvalidInput, mebibytes
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.inspector.forms.input_files import read_input_file, read_picture, read_sound
from backend.inspector.forms.input_media import picture_tensor, sound_tensor
from backend.inspector.forms.input_values import json_tensor, single_value
from backend.profiles.inputs.numbers import as_datatype
from backend.profiles.model_profile import ModelProfile
from backend.wire.elements import TensorRef, count_elements, object_array

MAX_INPUT_BYTES = 2 << 30
"""Most bytes of one generated input: no message is larger."""

_RANDOM_LETTERS = 16
_RANDOM_INTEGERS = 256


class FillKind(StrEnum):
    """Where an input's elements come from."""

    FRAME = "frame"
    WINDOW = "window"
    FILE = "file"
    PICTURE = "picture"
    SOUND = "sound"
    ZEROS = "zeros"
    ONES = "ones"
    RANDOM = "random"
    CONSTANT = "constant"
    JSON = "json"


LIVE = (FillKind.FRAME, FillKind.WINDOW)
"""What the source shows at the moment."""
FROM_FILES = (FillKind.FILE, FillKind.PICTURE, FillKind.SOUND)
"""Their text is a path."""
AS_IN_A_RUN = (*LIVE, FillKind.PICTURE, FillKind.SOUND)
"""What becomes the tensor that a live run would send, where there is a profile."""


OF_PICTURES = (FillKind.FRAME, FillKind.PICTURE)
OF_SOUND = (FillKind.WINDOW, FillKind.SOUND)


def fitting(spec: TensorSpec, media: MediaKind | None) -> tuple[FillKind, ...]:
    """What an input can be filled with, given what the model's profile is for, if there is one.

    Without a profile the form of the input decides, where it leaves no doubt.
    """
    pixels = spec.datatype is not Datatype.BYTES and len(spec.shape) >= 2 and spec.shape[-1] == 3
    unfit: tuple[FillKind, ...] = ()
    if media is MediaKind.AUDIO:
        unfit = OF_PICTURES
    elif media is not None or pixels:
        unfit = OF_SOUND
    return tuple(kind for kind in FillKind if kind not in unfit)


@dataclass(frozen=True, slots=True)
class Fill:
    """One input's filling.

    `text` is the path of a file, the JSON text, or the constant; `seed` belongs to random values.
    """

    kind: FillKind = FillKind.ZEROS
    text: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """What the source shows now, and the profile by which the model looks at it, if there is one.

    With a profile, a frame or window becomes exactly the tensor that a live run would send.
    """

    frame: Frame | None = None
    window: AudioWindow | None = None
    profile: ModelProfile | None = None

    @classmethod
    def of(cls, sample: Sample | None, profile: ModelProfile | None) -> Live:
        """With a sample of either kind."""
        return cls(
            sample if isinstance(sample, Frame) else None,
            sample if isinstance(sample, AudioWindow) else None,
            profile,
        )


NOTHING_LIVE = Live()


def filled(spec: TensorSpec, fill: Fill, live: Live = NOTHING_LIVE, *, model: str = "") -> Tensor:
    """The tensor for an input; in `spec.shape` a -1 takes what the filling gives, and 1 if it
    gives no size.

    Raises InvalidInput naming the input, what was expected and what there is.
    """
    return _MAKERS[fill.kind](spec, fill, live, TensorRef("input", spec.name, model))


def sample_of(fill: Fill, live: Live, place: TensorRef) -> Sample | None:
    """What the source shows or a file holds, if that is the filling; raises InvalidInput."""
    match fill.kind:
        case FillKind.FRAME:
            return _live_frame(live, place)
        case FillKind.PICTURE:
            return read_picture(fill.text, place)
        case FillKind.WINDOW:
            return _live_window(live, place)
        case FillKind.SOUND:
            return read_sound(fill.text, place, live.profile.audio if live.profile else None)
        case _:
            return None


def definite(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape with 1 for every variable dimension."""
    return tuple(1 if size < 0 else size for size in shape)


def _zeros(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:  # noqa: ARG001
    shape = _checked_shape(spec, place)
    if spec.datatype is Datatype.BYTES:
        return _same_bytes(spec, shape, b"")
    return Tensor(spec.name, spec.datatype, np.zeros(shape, spec.datatype.numpy))


def _ones(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:  # noqa: ARG001
    one = "true" if spec.datatype is Datatype.BOOL else "1"
    return _constant(spec, Fill(FillKind.CONSTANT, one), live, place)


def _constant(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:  # noqa: ARG001
    shape = _checked_shape(spec, place)
    if spec.datatype is Datatype.BYTES:
        return _same_bytes(spec, shape, fill.text.encode("utf-8", "surrogateescape"))
    value = single_value(fill.text, spec.datatype, place)
    return Tensor(spec.name, spec.datatype, np.full(shape, value, spec.datatype.numpy))


def _random(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:  # noqa: ARG001
    """Floats from 0 to 1, integers from 0 to 255 or what fits, texts of 16 letters."""
    shape = _checked_shape(spec, place)
    numbers = np.random.default_rng(fill.seed)
    kind = spec.datatype.numpy.kind
    if spec.datatype is Datatype.BYTES:
        letters = numbers.integers(97, 123, (math.prod(shape), _RANDOM_LETTERS), np.uint8)
        return Tensor(spec.name, spec.datatype, object_array([r.tobytes() for r in letters], shape))
    if kind == "b":
        data: Array = numbers.integers(0, 2, shape, np.uint8).astype(np.bool_)
    elif kind == "f" or spec.datatype is Datatype.BF16:
        data = as_datatype(numbers.random(shape, np.float32), spec.datatype)
    else:
        high = min(_RANDOM_INTEGERS, int(np.iinfo(spec.datatype.numpy).max) + 1)
        data = numbers.integers(0, high, shape, np.int64).astype(spec.datatype.numpy)
    return Tensor(spec.name, spec.datatype, data.reshape(shape))


def _json(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:  # noqa: ARG001
    return json_tensor(fill.text.encode("utf-8", "surrogateescape"), spec, place)


def _file(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:  # noqa: ARG001
    return read_input_file(fill.text, spec, place)


def _sample(spec: TensorSpec, fill: Fill, live: Live, place: TensorRef) -> Tensor:
    sample = sample_of(fill, live, place)
    assert sample is not None
    if made := _as_in_a_run(spec, live.profile, sample):
        return made
    if isinstance(sample, Frame):
        return picture_tensor(sample.pixels, spec, place)
    return sound_tensor(sample.samples, sample.rate, spec, place)


def _live_frame(live: Live, place: TensorRef) -> Frame:
    if live.frame is None:
        raise InvalidInput(
            f"{place} is to be the current frame, and there is none.",
            hint="Start a camera, a picture or the test pattern in the window. Without a window"
            " name one with --source, or fill it with a file, as in picture:photo.jpg.",
        )
    return live.frame


def _live_window(live: Live, place: TensorRef) -> AudioWindow:
    if live.window is None:
        raise InvalidInput(
            f"{place} is to be the current window of sound, and there is none.",
            hint="Start the microphone or a sound file in the window. Without a window name one"
            " with --source, or fill it with a file, as in sound:speech.wav.",
        )
    return live.window


_MAKERS: dict[FillKind, Callable[[TensorSpec, Fill, Live, TensorRef], Tensor]] = {
    FillKind.FRAME: _sample,
    FillKind.WINDOW: _sample,
    FillKind.PICTURE: _sample,
    FillKind.SOUND: _sample,
    FillKind.FILE: _file,
    FillKind.ZEROS: _zeros,
    FillKind.ONES: _ones,
    FillKind.RANDOM: _random,
    FillKind.CONSTANT: _constant,
    FillKind.JSON: _json,
}


def _as_in_a_run(spec: TensorSpec, profile: ModelProfile | None, sample: Sample) -> Tensor | None:
    """The input as the profile makes it of a sample, or None if it does not make this one."""
    if profile is None:
        return None
    # Our own models take a picture as a file in an input of its own.
    image = ImageEncoding.JPEG if spec.datatype is Datatype.BYTES else ImageEncoding.RAW
    for tensor in profile.encode(sample, Payload(image=image)):
        fits = tensor.datatype is spec.datatype and spec.accepts(tensor.shape)
        if tensor.name == spec.name and fits:
            return tensor
    return None


def _checked_shape(spec: TensorSpec, place: TensorRef) -> tuple[int, ...]:
    shape = definite(spec.shape)
    size = count_elements(shape, place) * (spec.datatype.itemsize or _RANDOM_LETTERS)
    if size > MAX_INPUT_BYTES:
        raise InvalidInput(
            f"{place} {list(shape)} would be {mebibytes(size)}; at most "
            f"{mebibytes(MAX_INPUT_BYTES)} are made."
        )
    return shape


def _same_bytes(spec: TensorSpec, shape: tuple[int, ...], item: bytes) -> Tensor:
    return Tensor(spec.name, spec.datatype, object_array([item] * math.prod(shape), shape))
