"""Numbers as the datatype that a model takes."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array, Datatype

NUMBERS = tuple(kind.value for kind in Datatype if kind is not Datatype.BYTES)
"""The datatypes that hold numbers."""


def as_datatype(values: Array, datatype: Datatype) -> Array:
    """Numbers in a datatype: integers are rounded and kept in range, BF16 becomes its bits."""
    if datatype is Datatype.BF16:
        return _bfloat16(values.astype(np.float32))
    kind = datatype.numpy
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        # The largest float below a 64-bit limit is used: the limit itself has no float64.
        high = np.nextafter(float(limits.max), 0) if kind.itemsize == 8 else float(limits.max)
        return np.clip(np.rint(values), float(limits.min), high).astype(kind)
    return values.astype(kind)


def _bfloat16(values: Array) -> Array:
    """The upper halves of float32, rounded to nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.asarray(rounded, np.uint16)


def bfloat16_values(bits: Array) -> Array:
    """BF16 bits as float32."""
    return np.asarray((bits.astype(np.uint32) << 16).view(np.float32))
