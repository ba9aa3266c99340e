"""PNG: chunks of a length, a name, data and a checksum (PNG specification, third edition)."""

from __future__ import annotations

import struct

from backend.wire.picture_headers.limits import (
    MAX_PARTS,
    PictureFormat,
    Size,
    check_pixels,
    damaged,
)

_SIGNATURE_BYTES = 8
_CHUNK = struct.Struct(">I4s")
_AROUND_DATA = 12
"""Bytes of a chunk beside its data: length, name and checksum."""
_IHDR = struct.Struct(">I4sIIBBBBB")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of each colour type."""
_DEFLATE_RATIO = 1032
"""Deflate cannot make data smaller than that."""
_PACKED = (b"zTXt", b"iTXt", b"iCCP")
_MAX_PACKED = 64
"""libpng unpacks each of these, up to 8 MB of each."""


def png_size(data: memoryview) -> Size:
    """Width and height; raises InvalidInput if a chunk or the picture is not in the file."""
    size, raw_bytes = _header(data)
    check_pixels("The PNG", *size)
    pixel_bytes = _walk(data)
    if raw_bytes > pixel_bytes * _DEFLATE_RATIO:
        raise damaged(
            PictureFormat.PNG,
            f"{size.width} x {size.height} pixels cannot be in {pixel_bytes:,} bytes",
        )
    return size


def _header(data: memoryview) -> tuple[Size, int]:
    """The size, and how many bytes its pixels are when unpacked."""
    length, name, width, height, depth, colour, *_ = _IHDR.unpack_from(data, _SIGNATURE_BYTES)
    if name != b"IHDR" or length != 13 or colour not in _CHANNELS or depth not in (1, 2, 4, 8, 16):
        raise damaged(PictureFormat.PNG, "it does not begin with a header that makes sense")
    return Size(width, height), width * height * depth * _CHANNELS[colour] // 8


def _walk(data: memoryview) -> int:
    """The bytes of packed pixels, once every chunk has been found to lie within the file."""
    at, pixel_bytes, packed = _SIGNATURE_BYTES, 0, 0
    for _ in range(MAX_PARTS):
        length, name = _CHUNK.unpack_from(data, at)
        end = at + _AROUND_DATA + length
        if end > len(data):
            left = max(0, len(data) - at - _AROUND_DATA)
            raise damaged(
                PictureFormat.PNG, f"a chunk claims {length:,} bytes, the file has {left:,} more"
            )
        if name == b"IEND":
            return pixel_bytes
        pixel_bytes += length if name == b"IDAT" else 0
        packed += name in _PACKED
        if packed > _MAX_PACKED:
            raise damaged(PictureFormat.PNG, f"it has more than {_MAX_PACKED} packed texts")
        at = end
    raise damaged(PictureFormat.PNG, f"it has more than {MAX_PARTS:,} chunks")
