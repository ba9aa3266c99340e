"""Pictures before they are decoded: which format, how many pixels, and whether that is plausible.

OpenCV allocates what a file claims. These readers walk a file's own structure without decoding
anything, so that a claim which the file cannot keep, or which is over the limits, costs nothing.
"""

from backend.wire.picture_headers.limits import MAX_PIXELS, MAX_SIDE, PictureFormat, check_pixels
from backend.wire.picture_headers.reading import picture_format, read_size

__all__ = [
    "MAX_PIXELS",
    "MAX_SIDE",
    "PictureFormat",
    "check_pixels",
    "picture_format",
    "read_size",
]
