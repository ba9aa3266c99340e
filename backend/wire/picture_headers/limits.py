"""What a picture may be at most, and how it is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from backend.core.errors import InvalidInput

MAX_PIXELS = 64 * 1024 * 1024
"""Largest picture that is decoded: 67 megapixels, which a telephone's full resolution fits in.

Decoding takes up to 16 bytes a pixel for a moment (an animated PNG; 6 to 13 for others), so 1 GiB.
"""

MAX_SIDE = 1 << 20
"""Widest and highest picture that is decoded."""

MAX_PARTS = 250_000
"""Most chunks or segments of a file: more are no picture, and would only cost time."""

_MEGA = 1_000_000


class PictureFormat(StrEnum):
    """The picture formats that are read, by the names people know them by."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    BMP = "BMP"
    TIFF = "TIFF"


class Size(NamedTuple):
    """Pixels as stored, before an orientation in the metadata turns them."""

    width: int
    height: int


def damaged(kind: PictureFormat, why: str) -> InvalidInput:
    """The file contradicts itself or its format."""
    return InvalidInput(f"The {kind} is damaged or cut short: {why}.")


def unsupported(kind: PictureFormat, what: str) -> InvalidInput:
    """The file may be sound, but is of a sort that is not read."""
    return InvalidInput(
        f"The {kind} is of a kind that is not read: {what}.",
        hint="Save it as an ordinary JPEG or PNG.",
    )


def check_pixels(what: str, width: int, height: int) -> None:
    """Refuse a size over the limits; `what` names the picture, as in ``The PNG``."""
    if width > 0 and height > 0 and max(width, height) <= MAX_SIDE and width * height <= MAX_PIXELS:
        return
    claim = f"{what} claims {width} x {height} pixels"
    if min(width, height) <= 0:
        raise InvalidInput(f"{claim}, which is no picture.")
    raise InvalidInput(
        f"{claim} = {width * height / _MEGA:,.1f} megapixels; at most {MAX_PIXELS / _MEGA:,.1f} "
        f"megapixels and {MAX_SIDE:,} pixels a side are read.",
        hint="Make it smaller first.",
    )
