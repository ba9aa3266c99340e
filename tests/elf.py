"""What a shared library of Linux asks the loader for (ELF, 64 bits, little-endian)."""

from __future__ import annotations

import struct
from pathlib import Path

_PROGRAM_HEADERS, _SIZE_AND_NUMBER = 0x20, 0x36
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRING_TABLE = 1, 5


def needed(file: Path) -> list[str]:
    """The libraries that it links itself (DT_NEEDED); nothing for what is no ELF file."""
    data = file.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    (start,) = struct.unpack_from("<Q", data, _PROGRAM_HEADERS)
    size, number = struct.unpack_from("<HH", data, _SIZE_AND_NUMBER)
    # Type, flags, offset in the file, address, physical address, size in the file.
    segments = [struct.unpack_from("<IIQQQQ", data, start + size * row) for row in range(number)]
    entries = [
        entry
        for kind, _, offset, _, _, length in segments
        if kind == _DYNAMIC
        for entry in struct.iter_unpack("<QQ", data[offset : offset + length])
    ]
    table = dict(entries).get(_STRING_TABLE, 0)
    strings = next(
        table - address + offset
        for kind, _, offset, address, _, length in segments
        if kind == _LOAD and address <= table < address + length
    )
    names = [strings + place for tag, place in entries if tag == _NEEDED]
    return [data[name : data.index(b"\0", name)].decode() for name in names]
