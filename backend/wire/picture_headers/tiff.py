"""TIFF: a directory of tags, of which the first says all of the first picture (TIFF 6.0)."""

from __future__ import annotations

import struct

from backend.wire.picture_headers.limits import (
    PictureFormat,
    Size,
    check_pixels,
    damaged,
    unsupported,
)

_WIDTH, _HEIGHT, _BITS, _PACKING, _SAMPLES = 256, 257, 258, 259, 277
_TILE_WIDTH, _TILE_HEIGHT = 322, 323
_DEFAULTS = {_BITS: 1, _PACKING: 1, _SAMPLES: 1}
_NUMBER_TAGS = (_WIDTH, _HEIGHT, _BITS, _PACKING, _SAMPLES, _TILE_WIDTH, _TILE_HEIGHT)
_NUMBERS = {1: "B", 3: "H", 4: "I"}
"""The types that whole numbers are written in: BYTE, SHORT and LONG."""
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_PACKINGS = (1, 2, 3, 4, 5, 7, 8, 32773, 32946)
"""None, CCITT, LZW, JPEG, Deflate and PackBits."""
_MAX_TILE_PIXELS = 16 * 1024 * 1024
_MAX_SAMPLES, _MAX_BITS = 4, 16


def tiff_size(data: memoryview) -> Size:
    """Width and height of the first picture.

    Raises InvalidInput if its directory is not in the file, or needs more memory than its size.
    """
    tags = _directory(data)
    size = Size(tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0))
    check_pixels("The TIFF", *size)
    tile = tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_HEIGHT, 0)
    if tile > _MAX_TILE_PIXELS:
        raise unsupported(PictureFormat.TIFF, f"tiles of {tile:,} pixels each")
    if not (0 < tags[_SAMPLES] <= _MAX_SAMPLES and 0 < tags[_BITS] <= _MAX_BITS):
        raise unsupported(
            PictureFormat.TIFF, f"{tags[_SAMPLES]} samples of {tags[_BITS]} bits a pixel"
        )
    if tags[_PACKING] not in _PACKINGS:
        raise unsupported(PictureFormat.TIFF, f"packed by method {tags[_PACKING]}")
    return size


def _directory(data: memoryview) -> dict[int, int]:
    """The numbers that matter in the first directory; every tag's data lies within the file."""
    order = "<" if bytes(data[:2]) == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    entry = struct.Struct(f"{order}HHII")
    tags: dict[int, int] = {}
    seen: set[int] = set()
    for number in range(count):
        entry_at = at + 2 + number * entry.size
        tag, kind, values, offset = entry.unpack_from(data, entry_at)
        if tag in seen:
            raise damaged(PictureFormat.TIFF, f"its tag {tag} stands there twice")
        seen.add(tag)
        length = values * _TYPE_BYTES.get(kind, 1)
        values_at = entry_at + 8 if length <= 4 else offset
        if values_at + length > len(data):
            raise damaged(
                PictureFormat.TIFF, f"its tag {tag} claims {length:,} bytes that are not there"
            )
        if tag in _NUMBER_TAGS:
            tags[tag] = _number(data[values_at : values_at + length], tag, order, kind, values)
    return _DEFAULTS | tags


def _number(value: memoryview, tag: int, order: str, kind: int, count: int) -> int:
    """The tag's one number; of several (bits for each sample) the largest."""
    code = _NUMBERS.get(kind)
    if code is None or not 0 < count <= (_MAX_SAMPLES if tag == _BITS else 1):
        raise damaged(PictureFormat.TIFF, f"its tag {tag} holds {count} values of type {kind}")
    return int(max(struct.unpack(f"{order}{count}{code}", value)))
