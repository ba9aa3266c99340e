"""A tensor's elements as JSON numbers, nested or flat."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor
from backend.wire.elements import MAX_DIMENSIONS, TensorRef, bytes_items, object_array, wire_array
from backend.wire.json.text import kind_of
from backend.wire.tensors.typed import check_count, narrowed

_RAW_ONLY = (Datatype.FP16, Datatype.BF16)


def to_json_data(tensor: Tensor, *, bare_nan: bool) -> Any:
    """The elements in one flat list, or as an array that `write_json` understands.

    Raises InvalidInput for FP16 and BF16, which the protocol does not allow in JSON, for BYTES that
    are not UTF-8, and, unless `bare_nan`, for NaN and infinite elements.
    """
    if tensor.datatype in _RAW_ONLY:
        raise InvalidInput(
            f"Tensor '{tensor.name}' is {tensor.datatype}, which JSON may not carry.",
            hint="Use binary data.",
        )
    if tensor.datatype is Datatype.BYTES:
        return [_text(tensor, index, item) for index, item in enumerate(bytes_items(tensor))]
    data = wire_array(tensor).reshape(-1)
    if not bare_nan:
        check_finite(tensor.name, data)
    return data


def has_not_finite(tensor: Tensor) -> bool:
    """Whether a tensor holds elements that legal JSON cannot express."""
    return tensor.data.dtype.kind == "f" and not bool(np.isfinite(tensor.data).all())


def check_finite(name: str, data: Array) -> None:
    """Raise InvalidInput naming the first element of a flat array that is NaN or infinite."""
    if data.dtype.kind == "f" and not (finite := np.isfinite(data)).all():
        index = int(np.argmin(finite))
        raise InvalidInput(
            f"Element {index} of tensor '{name}' is {data[index]}, which JSON cannot express.",
            hint="Use binary data.",
        )


def from_json_data(
    data: Any,
    datatype: Datatype,
    shape: Sequence[int],
    place: TensorRef,
    *,
    lenient: bool = False,
    no_booleans: bool = False,
) -> Tensor:
    """The tensor in a nested or flat list.

    Raises InvalidInput unless the elements are of the datatype's kind, fit it and are as many as
    the shape has. Lenient reading, for replies, takes null for NaN. Who knows that there are
    `no_booleans` saves a look at each element.
    """
    if datatype in _RAW_ONLY:
        raise InvalidInput(f"{place} is {datatype}, which JSON may not carry", "Use binary data.")
    flat, nested = flatten(data, str(place))
    if len(nested) > 1 and nested != tuple(shape):
        raise InvalidInput(
            f"unexpected shape for {place}. Expected {list(shape)}, got {list(nested)} in data"
        )
    check_count(len(flat), shape, place)
    if datatype is Datatype.BYTES:
        return Tensor(place.name, datatype, object_array(_strings(flat, place), shape))
    values = _at_once(flat, datatype, place) if no_booleans else None
    if values is None:
        values = _checked(flat, datatype, place, lenient=lenient)
    return Tensor(place.name, datatype, values.reshape(shape))


def flatten(data: Any, what: str) -> tuple[list[Any], tuple[int, ...]]:
    """The elements of nested lists, and the shape of these; a plain value has shape ().

    Raises InvalidInput for lists of unequal length or depth.
    """
    if not isinstance(data, list):
        return [data], ()
    level, shape = data, [len(data)]
    while level and isinstance(level[0], list):
        if set(map(type, level)) != {list}:
            raise InvalidInput(f"The data of {what} mix lists and values at level {len(shape)}.")
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise InvalidInput(
                f"The data of {what} are ragged: lists of {min(lengths)} and of {max(lengths)} "
                f"elements at level {len(shape)}."
            )
        if len(shape) == MAX_DIMENSIONS:
            raise InvalidInput(f"The data of {what} are nested deeper than {MAX_DIMENSIONS}.")
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    return level, tuple(shape)


_ALLOWED: dict[str, tuple[frozenset[type], str]] = {
    "b": (frozenset({bool}), "true or false"),
    "i": (frozenset({int}), "integers"),
    "u": (frozenset({int}), "integers"),
    "f": (frozenset({int, float}), "numbers"),
}


_TYPECODES = {
    Datatype.BOOL: "b",
    Datatype.UINT8: "B",
    Datatype.UINT16: "H",
    Datatype.UINT32: "I",
    Datatype.UINT64: "Q",
    Datatype.INT8: "b",
    Datatype.INT16: "h",
    Datatype.INT32: "i",
    Datatype.INT64: "q",
}


def _at_once(flat: list[Any], datatype: Datatype, place: TensorRef) -> Array | None:
    """The elements if they are all right, None otherwise.

    Booleans would pass as numbers; everything else that is wrong is found while converting.
    """
    try:
        match datatype.numpy.kind:
            case "b":
                return None
            case "f":
                return narrowed(np.frombuffer(array("d", flat), np.float64), datatype, place)
        if datatype is Datatype.UINT8:
            return np.frombuffer(bytes(flat), np.uint8)
        return np.frombuffer(array(_TYPECODES[datatype], flat), datatype.numpy)
    except (TypeError, ValueError, OverflowError):
        return None


def _checked(flat: list[Any], datatype: Datatype, place: TensorRef, *, lenient: bool) -> Array:
    kind = datatype.numpy.kind
    allowed, expected = _ALLOWED[kind]
    if lenient and kind == "f":
        allowed |= {type(None)}
    if not set(map(type, flat)) <= allowed:
        index, wrong = next((i, v) for i, v in enumerate(flat) if type(v) not in allowed)
        raise InvalidInput(
            f"{place} is {datatype}, so its data must be {expected}; "
            f"element {index} is {_shown(wrong)}"
        )
    if kind == "f":
        return narrowed(_floats(flat, place), datatype, place)
    try:
        # array is twice as fast as numpy here
        return np.frombuffer(array(_TYPECODES[datatype], flat), datatype.numpy)
    except OverflowError:
        bounds = np.iinfo(datatype.numpy)
        index = next(i for i, v in enumerate(flat) if not bounds.min <= v <= bounds.max)
        raise InvalidInput(
            f"element {index} of {place} is {_shown(flat[index])}, which {datatype} cannot hold"
        ) from None


def _floats(flat: list[Any], place: TensorRef) -> Array:
    try:
        return np.frombuffer(array("d", flat), np.float64)
    except TypeError:  # null is among them
        return _floats([math.nan if value is None else value for value in flat], place)
    except OverflowError:
        raise InvalidInput(f"{place} holds an integer that no float can") from None


def _strings(flat: list[Any], place: TensorRef) -> list[bytes]:
    items: list[bytes] = []
    for index, value in enumerate(flat):
        if not isinstance(value, str):
            raise InvalidInput(
                f"{place} is BYTES, so its data must be strings; element {index} is {_shown(value)}"
            )
        items.append(value.encode())
    return items


def _text(tensor: Tensor, index: int, item: bytes) -> str:
    try:
        return item.decode()
    except UnicodeDecodeError:
        raise InvalidInput(
            f"Element {index} of BYTES tensor '{tensor.name}' is not UTF-8 text, "
            "so JSON cannot carry it.",
            hint="Use binary data.",
        ) from None


def _shown(value: Any) -> str:
    """A short form of a JSON value for messages."""
    if isinstance(value, str):
        return f"the string {value[:40]!r}"
    if isinstance(value, dict | list) or value is None:
        return kind_of(value)
    return str(value)[:40]
