"""WebP: a RIFF file of chunks, with a canvas or a frame of VP8 or VP8L in it (RFC 9649)."""

from __future__ import annotations

import struct

from backend.wire.picture_headers.limits import (
    MAX_PARTS,
    PictureFormat,
    Size,
    check_pixels,
    damaged,
)

_RIFF_BYTES = 12
_CHUNK = struct.Struct("<4sI")
_VP8 = struct.Struct("<3s3sHH")
_VP8_START = b"\x9d\x01\x2a"
_VP8L_START = 0x2F
_14_BITS = (1 << 14) - 1


def webp_size(data: memoryview) -> Size:
    """Width and height; raises InvalidInput if a chunk is not in the file, or none is a picture."""
    end = 8 + int(struct.unpack_from("<I", data, 4)[0])
    if end > len(data):
        raise damaged(PictureFormat.WEBP, f"it claims {end:,} bytes, and has {len(data):,}")
    at = _RIFF_BYTES
    largest = Size(0, 0)
    for _ in range(MAX_PARTS):
        if at >= end:
            check_pixels("The WebP", *largest)
            return largest
        name, length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if at + length > end:
            raise damaged(
                PictureFormat.WEBP,
                f"a chunk claims {length:,} bytes, the file has {max(0, end - at):,} more",
            )
        size = _size_in(name, data[at : at + length])
        if size is not None:
            largest = Size(max(largest.width, size.width), max(largest.height, size.height))
        at += length + length % 2
    raise damaged(PictureFormat.WEBP, f"it has more than {MAX_PARTS:,} chunks")


def _size_in(name: bytes, chunk: memoryview) -> Size | None:
    """The size that a chunk gives, None if it is of a kind that gives none."""
    match name:
        case b"VP8X":
            return Size(1 + _24_bits(chunk, 4), 1 + _24_bits(chunk, 7))
        case b"ANMF":
            return Size(1 + _24_bits(chunk, 6), 1 + _24_bits(chunk, 9))
        case b"VP8 ":
            _, start, width, height = _VP8.unpack_from(chunk)
            if start != _VP8_START:
                raise damaged(PictureFormat.WEBP, "its frame has no header")
            return Size(width & _14_BITS, height & _14_BITS)
        case b"VP8L":
            start, bits = struct.unpack_from("<BI", chunk)
            if start != _VP8L_START:
                raise damaged(PictureFormat.WEBP, "its frame has no header")
            return Size(1 + (bits & _14_BITS), 1 + (bits >> 14 & _14_BITS))
    return None


def _24_bits(chunk: memoryview, at: int) -> int:
    low, high = struct.unpack_from("<HB", chunk, at)
    return int(high << 16 | low)
