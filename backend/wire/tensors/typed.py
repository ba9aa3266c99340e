"""Tensors in the typed lists of gRPC messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor
from backend.wire.elements import TensorRef, bytes_items, count_elements, object_array, wire_array
from backend.wire.generated.open_inference_pb2 import InferTensorContents
from backend.wire.protobuf.packed import packed_field

TYPED_FIELD: Mapping[Datatype, str] = {
    Datatype.BOOL: "bool_contents",
    Datatype.UINT8: "uint_contents",
    Datatype.UINT16: "uint_contents",
    Datatype.UINT32: "uint_contents",
    Datatype.UINT64: "uint64_contents",
    Datatype.INT8: "int_contents",
    Datatype.INT16: "int_contents",
    Datatype.INT32: "int_contents",
    Datatype.INT64: "int64_contents",
    Datatype.FP32: "fp32_contents",
    Datatype.FP64: "fp64_contents",
    Datatype.BYTES: "bytes_contents",
}
"""The list of InferTensorContents that holds each datatype; FP16 and BF16 have none."""


def has_typed_field(datatype: Datatype) -> bool:
    """Whether a datatype can be written in a typed list at all."""
    return datatype in TYPED_FIELD


def to_typed(tensor: Tensor, contents: InferTensorContents) -> None:
    """Put the elements into the list that the datatype calls for.

    Raises InvalidInput for FP16 and BF16.
    """
    field = _field(tensor.datatype, f"Tensor '{tensor.name}'")
    contents.SetInParent()
    if tensor.datatype is Datatype.BYTES:
        contents.bytes_contents.extend(bytes_items(tensor))
    else:
        number = InferTensorContents.DESCRIPTOR.fields_by_name[field].number
        contents.MergeFromString(packed_field(number, wire_array(tensor).reshape(-1)))


def from_typed(
    contents: InferTensorContents, datatype: Datatype, shape: Sequence[int], place: TensorRef
) -> Tensor:
    """The tensor in these lists; raises InvalidInput if the wrong one is filled, or not by as many
    elements as the shape has, or with values that the datatype cannot hold."""
    field = _field(datatype, str(place))
    _check_only(contents, field, datatype, place)
    elements = getattr(contents, field)
    check_count(len(elements), shape, place)
    if datatype is Datatype.BYTES:
        return Tensor(place.name, datatype, object_array(list(elements), shape))
    data = narrowed(_numbers(elements, field), datatype, place)
    return Tensor(place.name, datatype, data.reshape(shape))


def check_count(got: int, shape: Sequence[int], place: TensorRef) -> None:
    """Raise InvalidInput unless a list has as many elements as a shape."""
    count = count_elements(shape, place)
    if got != count:
        raise InvalidInput(
            f"unexpected number of elements for {place}. "
            f"Expected {count} for shape {list(shape)}, got {got}"
        )


def narrowed(values: Array, datatype: Datatype, place: TensorRef) -> Array:
    """Flat integers or floats as the datatype's dtype.

    Raises InvalidInput for the first value that does not fit.
    """
    target = datatype.numpy
    if values.dtype == target:
        return values
    with np.errstate(over="ignore"):
        data = values.astype(target)
    back = np.isinf(data) & np.isfinite(values) if target.kind == "f" else data != values
    if back.any():
        index = int(np.argmax(back))
        raise InvalidInput(
            f"element {index} of {place} is {values[index]}, which {datatype} cannot hold"
        )
    return data


_WIRE_DTYPES: Mapping[str, np.dtype[Any]] = {
    "bool_contents": np.dtype(np.bool_),
    "uint_contents": np.dtype("<u4"),
    "uint64_contents": np.dtype("<u8"),
    "int_contents": np.dtype("<i4"),
    "int64_contents": np.dtype("<i8"),
    "fp32_contents": np.dtype("<f4"),
    "fp64_contents": np.dtype("<f8"),
}


def _numbers(elements: Sequence[Any], field: str) -> Array:
    # protobuf's lists hand numpy their memory; any way over Python numbers is 100 times slower
    return np.array(elements, dtype=_WIRE_DTYPES[field])


def _field(datatype: Datatype, what: str) -> str:
    if datatype not in TYPED_FIELD:
        raise InvalidInput(
            f"{what} is {datatype}, which has no typed list.", hint="Send it as raw contents."
        )
    return TYPED_FIELD[datatype]


def _check_only(
    contents: InferTensorContents, field: str, datatype: Datatype, place: TensorRef
) -> None:
    others = [found.name for found, _ in contents.ListFields() if found.name != field]
    if others:
        raise InvalidInput(
            f"{place} is {datatype}, so its elements belong in {field}; got {', '.join(others)}"
        )
