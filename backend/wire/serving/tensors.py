"""Tensors in the messages of simple serving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor, datatype_from_name
from backend.wire.elements import (
    TensorRef,
    bytes_items,
    check_dimensions,
    from_raw,
    object_array,
    to_raw,
    wire_array,
)
from backend.wire.generated.modelserving_pb2 import TensorList, TensorValue
from backend.wire.protobuf.packed import packed_field
from backend.wire.tensors.typed import check_count, narrowed

_FIELDS: Mapping[str, tuple[str, np.dtype[Any]]] = {
    "b": ("bool_values", np.dtype(np.bool_)),
    "i": ("int_values", np.dtype("<i8")),
    "u": ("uint_values", np.dtype("<u8")),
}
_VALUE_FIELDS = frozenset(
    {"bool_values", "int_values", "uint_values", "float_values", "double_values", "bytes_values"}
)
_RAW_ONLY = (Datatype.FP16, Datatype.BF16)


def to_tensor_list(tensors: Iterable[Tensor], message: TensorList, *, raw: bool) -> None:
    """Put tensors into a message; BYTES always in their list, FP16 and BF16 always raw."""
    message.SetInParent()
    for tensor in tensors:
        _fill(message.tensors.add(), tensor, raw=raw)


def from_tensor_list(message: TensorList, role: str, model: str) -> tuple[Tensor, ...]:
    """The tensors; raises InvalidInput if one is malformed."""
    return tuple(_tensor(value, TensorRef(role, value.name, model)) for value in message.tensors)


def _fill(value: TensorValue, tensor: Tensor, *, raw: bool) -> None:
    value.name, value.datatype = tensor.name, tensor.datatype
    value.shape.extend(tensor.shape)
    if tensor.datatype is Datatype.BYTES:
        value.bytes_values.extend(bytes_items(tensor))
    elif raw or tensor.datatype in _RAW_ONLY:
        value.raw = bytes(to_raw(tensor))
    else:
        field, _ = _field(tensor.datatype)
        number = TensorValue.DESCRIPTOR.fields_by_name[field].number
        value.MergeFromString(packed_field(number, wire_array(tensor).reshape(-1)))


def _tensor(value: TensorValue, place: TensorRef) -> Tensor:
    datatype = datatype_from_name(value.datatype)
    check_dimensions(len(value.shape), place)
    shape = tuple(value.shape)
    filled = [field.name for field, _ in value.ListFields() if field.name in _VALUE_FIELDS]
    if value.raw or (datatype in _RAW_ONLY and not filled):
        if filled or datatype is Datatype.BYTES:
            raise InvalidInput(
                f"{place} has raw data and {', '.join(filled) or 'is BYTES'}; use one list"
            )
        return from_raw(value.raw, datatype, shape, place)
    field, dtype = _field(datatype)
    _check_only(filled, field, datatype, place)
    elements: Sequence[Any] = getattr(value, field)
    check_count(len(elements), shape, place)
    if datatype is Datatype.BYTES:
        return Tensor(place.name, datatype, object_array(list(elements), shape))
    data: Array = np.array(elements, dtype=dtype)
    return Tensor(place.name, datatype, narrowed(data, datatype, place).reshape(shape))


def _field(datatype: Datatype) -> tuple[str, np.dtype[Any]]:
    """The list for a datatype, and what numpy calls its elements."""
    if datatype is Datatype.BYTES:
        return "bytes_values", np.dtype(object)
    if datatype is Datatype.FP32:
        return "float_values", np.dtype("<f4")
    if datatype is Datatype.FP64:
        return "double_values", np.dtype("<f8")
    return _FIELDS.get(datatype.numpy.kind, ("raw", np.dtype(np.uint8)))


def _check_only(filled: Sequence[str], field: str, datatype: Datatype, place: TensorRef) -> None:
    others = [name for name in filled if name != field]
    if others:
        raise InvalidInput(
            f"{place} is {datatype}, so its elements belong in {field}; got {', '.join(others)}"
        )
