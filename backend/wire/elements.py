"""A tensor's elements as bytes: little-endian, row by row, without gaps.

The same form is used by the binary tensor extension over REST and by the raw contents over gRPC.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.tensors import Array, Datatype, Tensor

Buffer: TypeAlias = bytes | bytearray | memoryview

MAX_DIMENSIONS = 32
MAX_ELEMENTS = 1 << 40
"""More than any message can carry; keeps products of dimensions inside what numpy counts."""

_LENGTH = struct.Struct("<I")
_BYTES = Datatype.BYTES
"""Kept, as looking up a member takes longer than comparing it."""


@dataclass(frozen=True, slots=True)
class TensorRef:
    """Where a tensor stands, so that an error can name it."""

    role: str
    """``input`` or ``output``."""
    name: str
    model: str

    def __str__(self) -> str:
        return f"{self.role} '{self.name}' for model '{self.model}'"


def count_elements(shape: Sequence[int], place: TensorRef) -> int:
    """The number of elements of a shape; raises InvalidInput for one that cannot be."""
    check_dimensions(len(shape), place)
    if any(size < 0 for size in shape):
        raise InvalidInput(
            f"unexpected shape for {place}: {list(shape)} has a negative dimension.",
            hint="Only a declaration may hold -1; a tensor has its real size.",
        )
    # Zeros do not excuse the rest: numpy multiplies all dimensions.
    if math.prod(max(size, 1) for size in shape) > MAX_ELEMENTS:
        raise InvalidInput(f"unexpected shape for {place}: {list(shape)} is beyond any message.")
    return math.prod(shape)


def check_dimensions(count: int, place: TensorRef) -> None:
    """Raise InvalidInput for a shape of too many dimensions."""
    if count > MAX_DIMENSIONS:
        raise InvalidInput(
            f"unexpected shape for {place}: {count} dimensions; at most {MAX_DIMENSIONS} are read."
        )


def wire_array(tensor: Tensor) -> Array:
    """The data with the wire's dtype and row-major; copied only if it is not so already.

    Raises InvalidInput if the array's dtype is not that of its datatype.
    """
    data = tensor.data
    if data.dtype is tensor.datatype.numpy and data.flags.c_contiguous:
        return data
    try:
        data = data.astype(tensor.datatype.numpy, casting="equiv", copy=False)
    except TypeError:
        raise InvalidInput(
            f"Tensor '{tensor.name}' is declared {tensor.datatype}, "
            f"but its array is {tensor.data.dtype}."
        ) from None
    # ascontiguousarray would turn a scalar into a vector
    return data if data.flags.c_contiguous else data.copy(order="C")


def to_raw(tensor: Tensor) -> Buffer:
    """The elements as one buffer: a view of the tensor's own memory where that is possible."""
    if tensor.datatype is _BYTES:
        return _join_with_lengths(tensor)
    data = wire_array(tensor)
    return memoryview(data).cast("B") if data.size else b""  # type: ignore[arg-type]  # is a buffer


def bytes_items(tensor: Tensor) -> list[bytes]:
    """The elements of a BYTES tensor, row by row; raises InvalidInput if one is not bytes."""
    items: list[bytes] = tensor.data.reshape(-1).tolist()
    for index, item in enumerate(items):
        if not isinstance(item, bytes):
            raise InvalidInput(
                f"Element {index} of BYTES tensor '{tensor.name}' is {type(item).__name__}, "
                "expected bytes."
            )
    return items


def from_raw(data: Buffer, datatype: Datatype, shape: Sequence[int], place: TensorRef) -> Tensor:
    """The tensor whose elements are these bytes; the array is a read-only view where it can be.

    Raises InvalidInput if the number of bytes is not what datatype and shape call for.
    """
    count = count_elements(shape, place)
    if datatype is _BYTES:
        items = list(_split_by_lengths(memoryview(data), count, place))
        return Tensor(place.name, datatype, object_array(items, shape))
    _check_size(len(data), count * datatype.numpy.itemsize, place)
    if datatype is Datatype.BOOL:
        # numpy would take any byte as it is and compare 2 as unequal to True
        return Tensor(place.name, datatype, (np.frombuffer(data, np.uint8) != 0).reshape(shape))
    array = np.frombuffer(data, datatype.numpy)
    if not array.flags.aligned:
        array = array.copy()
    return Tensor(place.name, datatype, array.reshape(shape))


def object_array(items: Sequence[bytes], shape: Sequence[int]) -> Array:
    """The array of a BYTES tensor."""
    data = np.empty(len(items), dtype=object)
    data[:] = items
    return data.reshape(shape)


@contextmanager
def reading_reply() -> Iterator[None]:
    """What would be the caller's fault in a request is the server's in a reply."""
    try:
        yield
    except InvalidInput as error:
        raise ReplyMismatch(f"The reply cannot be read: {error.message}", error.hint) from error


def _check_size(got: int, expected: int, place: TensorRef) -> None:
    if got != expected:
        raise InvalidInput(
            f"{place.role} byte size mismatch for {place}. Expected {expected}, got {got}"
        )


def _join_with_lengths(tensor: Tensor) -> bytes:
    pieces: list[bytes] = []
    for item in bytes_items(tensor):
        pieces += (_LENGTH.pack(len(item)), item)
    return b"".join(pieces)


def _split_by_lengths(data: memoryview, count: int, place: TensorRef) -> Iterator[bytes]:
    """Each element of `data`: its length as a little-endian uint32, then its bytes."""
    if count * _LENGTH.size > len(data):
        raise InvalidInput(
            f"{place.role} byte size mismatch for {place}. Expected at least "
            f"{count * _LENGTH.size} for {count} BYTES elements, got {len(data)}",
            hint="Each element is preceded by its length as a little-endian uint32.",
        )
    at = 0
    for index in range(count):
        start = at + _LENGTH.size
        end = start + _LENGTH.unpack_from(data, at)[0] if start <= len(data) else start
        if end > len(data):
            raise InvalidInput(
                f"unexpected size for {place}: element {index} of {count} ends at byte {end}, "
                f"got {len(data)} bytes",
                hint="Each element is preceded by its length as a little-endian uint32.",
            )
        yield bytes(data[start:end])
        at = end
    _check_size(len(data), at, place)
