"""Numbers as protobuf writes them: seven bits a byte, the lowest first."""

from __future__ import annotations

from functools import lru_cache

from backend.wire.elements import Buffer

_MAX_BYTES = 10
LENGTH_DELIMITED = 2
"""Wire type of a field whose content is preceded by its length."""


def varint(number: int) -> bytes:
    """A number of 0 or more as a varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


@lru_cache(1024)  # messages of one stream are alike
def field_head(number: int, size: int) -> bytes:
    """What stands before `size` bytes of a length-delimited field."""
    return varint(number << 3 | LENGTH_DELIMITED) + varint(size)


def read_varint(data: Buffer, at: int) -> tuple[int, int]:
    """The number that starts at `at`, and where it ends; raises ValueError if it does not end."""
    if at < len(data) and data[at] < 0x80:  # most are so short
        return data[at], at + 1
    number = 0
    for index, byte in enumerate(data[at : at + _MAX_BYTES]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, at + index + 1
    raise ValueError(f"no varint at byte {at}")
