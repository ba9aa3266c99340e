"""The inputs of a request, checked: a picture, sound, or plain elements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.names import AUDIO, IMAGE, IMAGE_ENCODED
from backend.wire.media.images import decode_image
from backend.wire.picture_headers import check_pixels


def one_input(inputs: Mapping[str, Tensor], spec: TensorSpec) -> Array:
    """The data of the model's only input; raises InvalidInput if it is missing or another kind."""
    tensor = inputs.get(spec.name)
    if tensor is None:
        raise InvalidInput(
            f"Expected input '{spec.name}', got {_listed(inputs)}.",
            hint=f"Send '{spec.name}' {spec.datatype} {list(spec.shape)}.",
        )
    _expect(tensor, spec)
    return tensor.data


def picture(inputs: Mapping[str, Tensor]) -> Array:
    """The RGB pixels, uint8 [height, width, 3], of IMAGE or of the file in IMAGE_ENCODED.

    Raises InvalidInput unless exactly one of the two was sent and it is a picture.
    """
    pixels, encoded = inputs.get(IMAGE), inputs.get(IMAGE_ENCODED)
    if (pixels is None) == (encoded is None):
        raise InvalidInput(
            f"Expected exactly one of '{IMAGE}' and '{IMAGE_ENCODED}', got {_listed(inputs)}.",
            hint=f"Send raw pixels as '{IMAGE}' UINT8 [height, width, 3], or the bytes of a JPEG "
            f"or PNG file as '{IMAGE_ENCODED}' BYTES [1].",
        )
    if encoded is not None:
        _expect(encoded, TensorSpec(IMAGE_ENCODED, Datatype.BYTES, (1,)))
        return decode_image(encoded.data.flat[0])
    assert pixels is not None
    _expect(pixels, TensorSpec(IMAGE, Datatype.UINT8, (-1, -1, 3)))
    height, width = pixels.shape[:2]
    check_pixels(f"'{IMAGE}'", width, height)
    return np.ascontiguousarray(pixels.data)


def sound(inputs: Mapping[str, Tensor], *, rate: int, shortest: int, longest: int) -> Array:
    """The samples of AUDIO, float32 [n] with `shortest` to `longest` of them, all finite.

    Raises InvalidInput otherwise, in samples and in seconds at `rate`.
    """
    samples = one_input(inputs, TensorSpec(AUDIO, Datatype.FP32, (-1,)))
    count = len(samples)
    if not shortest <= count <= longest:
        got = f"{count} samples ({count / rate:.3f} s)" if count else "no samples"
        raise InvalidInput(
            f"Expected '{AUDIO}' of {shortest / rate:.3f} to {longest / rate:.0f} s at {rate} Hz, "
            f"got {got}.",
            hint=f"Send {shortest} to {longest} mono samples between -1 and 1.",
        )
    if not np.isfinite(samples).all():
        index = int(np.argmin(np.isfinite(samples)))
        raise InvalidInput(f"'{AUDIO}' holds {samples[index]} at index {index}; expected numbers.")
    return samples


def _expect(tensor: Tensor, spec: TensorSpec) -> None:
    if tensor.datatype is not spec.datatype:
        raise InvalidInput(
            f"Input '{tensor.name}' must be {spec.datatype}, got {tensor.datatype}.",
        )
    if not spec.accepts(tensor.shape):
        raise InvalidInput(
            f"Input '{tensor.name}' must have shape {list(spec.shape)}, got {list(tensor.shape)}.",
            hint="-1 stands for any size." if -1 in spec.shape else "",
        )


def _listed(inputs: Mapping[str, Tensor]) -> str:
    return ", ".join(f"'{name}'" for name in inputs) or "no inputs"
