"""JPEG: segments that begin with a marker, and coded pixels between them (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
import struct

from backend.wire.picture_headers.limits import (
    MAX_PARTS,
    PictureFormat,
    Size,
    check_pixels,
    damaged,
    unsupported,
)

_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""The next marker that means something; libjpeg too passes over whatever stands before it."""
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
"""Frames that are read: baseline, extended and progressive, by Huffman or arithmetic code."""
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF)
_HUFFMAN = 0xC2
_FRAME = struct.Struct(">HBHHB")
_MAX_SCANS = 100
"""As libjpeg's own tools: each scan of a progressive JPEG goes over the whole picture."""
_PIXELS_PER_BYTE = 512
"""A block of 64 pixels takes at least a bit of Huffman code."""


def jpeg_size(data: memoryview) -> Size:
    """Width and height; raises InvalidInput if the file ends too soon or has too many scans."""
    size: Size | None = None
    huffman, at, scans = True, 2, 0
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, at)
        if found is None:
            raise damaged(PictureFormat.JPEG, "it has no end")
        at, marker = found.end(), data[found.end() - 1]
        if marker == _END_OF_IMAGE:
            break
        if marker in _FRAMES:
            if size is not None:
                raise damaged(PictureFormat.JPEG, "it has two headers")
            size, huffman = _frame(data, at), marker <= _HUFFMAN
        elif marker in _OTHER_FRAMES:
            raise unsupported(PictureFormat.JPEG, "lossless or hierarchical")
        scans += marker == _START_OF_SCAN
        if scans > _MAX_SCANS:
            raise damaged(PictureFormat.JPEG, f"it has more than {_MAX_SCANS} scans")
        at += _length(data, at)
    else:
        raise damaged(PictureFormat.JPEG, f"it has more than {MAX_PARTS:,} segments")
    if size is None or not scans:
        raise damaged(PictureFormat.JPEG, "it has no picture")
    if huffman and size.width * size.height > at * _PIXELS_PER_BYTE:
        raise damaged(
            PictureFormat.JPEG, f"{size.width} x {size.height} pixels cannot be in {at:,} bytes"
        )
    return size


def _frame(data: memoryview, at: int) -> Size:
    _, bits, height, width, components = _FRAME.unpack_from(data, at)
    if bits != 8 or components not in (1, 3, 4):
        raise unsupported(PictureFormat.JPEG, f"{components} components of {bits} bits")
    check_pixels("The JPEG", width, height)
    return Size(width, height)


def _length(data: memoryview, at: int) -> int:
    """The length of a segment, with the two bytes that say it."""
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):
        raise damaged(
            PictureFormat.JPEG,
            f"a segment claims {length:,} bytes, the file has {len(data) - at:,} more",
        )
    return length
