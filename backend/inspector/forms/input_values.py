"""An input's elements from JSON, and elements of any source in the shape that the input has."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.inputs.numbers import as_datatype
from backend.wire.elements import TensorRef, object_array
from backend.wire.json.text import kind_of, read_json
from backend.wire.tensors.numbers_json import flatten, from_json_data

_NARROW_FLOATS = (Datatype.FP16, Datatype.BF16)


def json_tensor(text: bytes, spec: TensorSpec, place: TensorRef) -> Tensor:
    """The input in a JSON text: nested lists, or a flat one if the shape leaves no doubt.

    An element of BYTES is a string, or an object with one of the keys text, hex, base64 and file.
    Raises InvalidInput.
    """
    if not text.strip():
        raise InvalidInput(f"{place} is to be JSON, and the text is empty.", hint="Write [1, 2].")
    flat, nested = flatten(read_json(text), str(place))
    shape = fitting_shape(nested, len(flat), spec, place)
    if spec.datatype is Datatype.BYTES:
        items = [_bytes_of(item, index, place) for index, item in enumerate(flat)]
        return Tensor(spec.name, spec.datatype, object_array(items, shape))
    if spec.datatype in _NARROW_FLOATS:
        # The protocol has no JSON for these two, but a person may well write numbers.
        wide = from_json_data(flat, Datatype.FP32, shape, place)
        data = as_datatype(wide.data, spec.datatype).reshape(shape)
        return Tensor(spec.name, spec.datatype, data)
    return from_json_data(flat, spec.datatype, shape, place)


def single_value(text: str, datatype: Datatype, place: TensorRef) -> Any:
    """One number or truth value as an element of the datatype; raises InvalidInput."""
    spec = TensorSpec(place.name, datatype, ())
    try:
        return json_tensor(text.encode(), spec, place).data[()]
    except InvalidInput as error:
        raise InvalidInput(f"{place} cannot be filled with '{text[:40]}': {error}") from error


def shaped(values: Array, spec: TensorSpec, place: TensorRef, what: str) -> Tensor:
    """Elements of the right datatype in the input's shape; raises InvalidInput.

    `what` says whose elements they are.
    """
    expected = spec.datatype.numpy
    if not np.can_cast(values.dtype, expected, "equiv"):
        raise InvalidInput(
            f"{place} takes {spec.datatype} {list(spec.shape)}, {what} holds {values.dtype} "
            f"{list(values.shape)}.",
            hint=f"Save it with .astype('{expected.name}').",
        )
    shape = fitting_shape(values.shape, values.size, spec, place, what)
    data = np.ascontiguousarray(values, expected).reshape(shape)
    return Tensor(spec.name, spec.datatype, data)


def fitting_shape(
    got: tuple[int, ...], count: int, spec: TensorSpec, place: TensorRef, what: str = "the data"
) -> tuple[int, ...]:
    """The input's shape for elements that came as `got`: as it is, with a batch of one, or flat.

    Raises InvalidInput if it is none of these.
    """
    if spec.accepts(got):
        return got
    if spec.accepts((1, *got)):
        return (1, *got)
    shape = spec.shape_of(count) if len(got) < 2 else None
    if shape is None:
        raise InvalidInput(
            f"unexpected shape for {place}. Expected {list(spec.shape)}, {what} has {list(got)}."
        )
    return shape


def _bytes_of(item: Any, index: int, place: TensorRef) -> bytes:
    what = f"element {index} of {place}"
    if isinstance(item, str):
        return item.encode("utf-8", "surrogatepass")
    if isinstance(item, dict) and len(item) == 1:
        (key, value), *_ = item.items()
        if key in _READERS and isinstance(value, str):
            return _read_bytes(key, value, what)
    raise InvalidInput(
        f"{what} must be a string, got {kind_of(item)}.",
        hint='For bytes write {"hex": "00ff"}, {"base64": "AP8="} or {"file": "photo.jpg"}.',
    )


def _read_bytes(key: str, value: str, what: str) -> bytes:
    try:
        return _READERS[key](value)
    except (ValueError, binascii.Error, OSError) as error:
        raise InvalidInput(f"{what} cannot be read as {key}: {error}") from error


_READERS: dict[str, Callable[[str], bytes]] = {
    "text": str.encode,
    "hex": bytes.fromhex,
    "base64": lambda value: base64.b64decode(value, validate=True),
    "file": lambda value: Path(value).expanduser().read_bytes(),
}
