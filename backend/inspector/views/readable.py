"""A tensor's elements as numbers that can be counted with, and as short texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.inputs.numbers import bfloat16_values

CHUNK = 1 << 20
"""Elements looked at together, so that a large tensor needs little memory beside its own."""

_TEXT_LENGTH = 40


def values_of(tensor: Tensor, begin: int, end: int) -> Array:
    """Elements `begin` to `end`, row by row, BF16 as float32 and the rest as they are."""
    flat = tensor.data.reshape(-1)[begin:end]
    return bfloat16_values(flat) if tensor.datatype is Datatype.BF16 else flat


def chunks(tensor: Tensor) -> Iterator[Array]:
    """All elements in pieces of at most `CHUNK`; not for BYTES."""
    for begin in range(0, tensor.data.size, CHUNK):
        yield values_of(tensor, begin, begin + CHUNK)


def element_text(value: Any) -> str:
    """One element in at most a few dozen characters: floats with 6 digits, bytes as text or hex."""
    if isinstance(value, bytes):
        return bytes_text(value, _TEXT_LENGTH)
    if isinstance(value, np.floating | float):
        return f"{float(value):.6g}"
    if isinstance(value, np.bool_ | bool):
        return "true" if value else "false"
    return str(value)


def bytes_text(data: bytes | memoryview, most: int) -> str:
    """Bytes as quoted text if they are UTF-8 without control characters, else in hex; cut short."""
    head = bytes(data[: 4 * most])
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        # A character cut in two by the slice is no fault of the text.
        whole = error.start > len(head) - 4 and len(head) < len(data)
        text = head[: error.start].decode() if whole else "\0"
    if text.isprintable():
        shown = text[:most]
        return f'"{shown}{"…" if len(shown.encode()) < len(data) else ""}"'
    most //= 3
    return f"{head[:most].hex(' ')}{'…' if len(data) > most else ''}"


def tensor_bytes(tensor: Tensor) -> int:
    """Bytes of the elements on the wire, each of BYTES with its length before it."""
    if tensor.datatype is Datatype.BYTES:
        return sum(len(item) + 4 for item in tensor.data.reshape(-1).tolist())
    return int(tensor.data.size) * tensor.datatype.numpy.itemsize
