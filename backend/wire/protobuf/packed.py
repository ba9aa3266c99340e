"""Repeated numbers as protobuf packs them, made from arrays.

Filling a message's list with Python numbers takes several times longer than handing protobuf the
finished bytes.
"""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.wire.protobuf.varint import field_head

_BITS = 7
_CHUNK = 1 << 16
"""Numbers packed at once: bounds the working memory and stays in the processor's cache."""


def packed_field(number: int, values: Array) -> bytes:
    """A message that holds nothing but `values`, flat, as its repeated field `number`.

    Booleans and floats lie in it as in the array; integers become varints.
    """
    if not values.size:
        return b""
    data = values.tobytes() if values.dtype.kind in "bf" else packed_varints(values)
    return field_head(number, len(data)) + data


def packed_varints(values: Array) -> bytes:
    """Flat integers as varints, one after the other; negative ones take ten bytes, as sign-extended
    64-bit numbers."""
    wide = values.astype(np.int64).view(np.uint64) if values.dtype.kind == "i" else values
    return b"".join(_packed(wide[at : at + _CHUNK]) for at in range(0, len(wide), _CHUNK))


def _packed(values: Array) -> bytes:
    """Seven bits a column; only the columns that each number needs are kept."""
    columns = max(1, -(-int(values.max()).bit_length() // _BITS))
    groups = np.empty((len(values), columns), np.uint8)
    needed = np.empty((len(values), columns), np.bool_)
    rest = values
    for column in range(columns):
        needed[:, column] = True if column == 0 else rest != 0
        groups[:, column] = rest & 0x7F
        rest = rest >> _BITS if column + 1 < columns else rest
    groups[:, :-1] |= needed[:, 1:].astype(np.uint8) << _BITS
    return groups[needed].tobytes()
