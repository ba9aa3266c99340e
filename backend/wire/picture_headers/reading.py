"""The one way in: a file's format by its first bytes, and its size by that format's reader."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection

from backend.core.errors import InvalidInput, beginning
from backend.wire.picture_headers.bmp import bmp_size
from backend.wire.picture_headers.jpeg import jpeg_size
from backend.wire.picture_headers.limits import PictureFormat, Size, check_pixels, damaged
from backend.wire.picture_headers.png import png_size
from backend.wire.picture_headers.tiff import tiff_size
from backend.wire.picture_headers.webp import webp_size

_STARTS: tuple[tuple[bytes, PictureFormat], ...] = (
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"BM", PictureFormat.BMP),
    (b"II*\x00", PictureFormat.TIFF),
    (b"MM\x00*", PictureFormat.TIFF),
)
_READERS: dict[PictureFormat, Callable[[memoryview], Size]] = {
    PictureFormat.JPEG: jpeg_size,
    PictureFormat.PNG: png_size,
    PictureFormat.WEBP: webp_size,
    PictureFormat.BMP: bmp_size,
    PictureFormat.TIFF: tiff_size,
}


def picture_format(head: bytes) -> PictureFormat | None:
    """The format of a file that begins with `head` (12 bytes are enough), None for any other."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    return next((kind for start, kind in _STARTS if head.startswith(start)), None)


def read_size(data: bytes | memoryview, accepted: Collection[PictureFormat]) -> Size:
    """How large a picture file is, once its structure has been walked in one pass.

    Raises InvalidInput unless it is of an accepted format, whole, and within the limits: OpenCV
    may then decode it.
    """
    view = memoryview(data).cast("B")
    kind = picture_format(bytes(view[:12]))
    if kind is None or kind not in accepted:
        raise InvalidInput(
            f"Expected a {_listed(accepted)} file, got {len(view)} bytes that begin with "
            f"{beginning(view)}.",
            hint="Send the file's own bytes, without base64 or a length prefix.",
        )
    try:
        size = _READERS[kind](view)
    except struct.error:
        raise damaged(kind, f"its header does not fit into {len(view)} bytes") from None
    check_pixels(f"The {kind}", *size)
    return size


def _listed(accepted: Collection[PictureFormat]) -> str:
    *others, last = accepted
    return f"{', '.join(others)} or {last}" if others else str(last)
