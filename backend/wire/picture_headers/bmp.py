"""BMP: a file header, an information header of some version, and rows of pixels."""

from __future__ import annotations

import struct

from backend.wire.picture_headers.limits import (
    PictureFormat,
    Size,
    check_pixels,
    damaged,
    unsupported,
)

_OFFSET, _INFO = 10, 14
_OLDEST_BYTES, _LEAST_BYTES = 12, 36
_DEPTHS = (1, 4, 8, 16, 24, 32)
_PLAIN, _RLE8, _RLE4, _MASKS = 0, 1, 2, 3


def bmp_size(data: memoryview) -> Size:
    """Width and height; raises InvalidInput if rows that are not packed are not in the file."""
    pixels_at, info_bytes = struct.unpack_from("<II", data, _OFFSET)
    packing = _PLAIN
    if info_bytes == _OLDEST_BYTES:
        width, height, _, depth = struct.unpack_from("<HHHH", data, _INFO + 4)
    elif info_bytes >= _LEAST_BYTES:
        width, height, _, depth, packing = struct.unpack_from("<iiHHI", data, _INFO + 4)
    else:
        raise damaged(PictureFormat.BMP, f"its header claims {info_bytes:,} bytes")
    size = Size(width, abs(height))  # rows from the top down have a negative height
    check_pixels("The BMP", *size)
    if depth not in _DEPTHS or packing not in (_PLAIN, _RLE8, _RLE4, _MASKS):
        raise unsupported(PictureFormat.BMP, f"{depth} bits a pixel, packed by method {packing}")
    wanted = pixels_at + (size.width * depth + 31) // 32 * 4 * size.height
    if packing in (_PLAIN, _MASKS) and wanted > len(data):
        raise damaged(
            PictureFormat.BMP,
            f"{size.width} x {size.height} pixels take {wanted:,} bytes, it has {len(data):,}",
        )
    return size
