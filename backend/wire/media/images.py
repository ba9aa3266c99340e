"""Pictures as bytes, recognised by their first bytes."""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import nullcontext
from enum import StrEnum

import numpy as np

from backend.core.choices import ImageEncoding
from backend.core.errors import InvalidInput
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2
from backend.wire.picture_headers import PictureFormat, picture_format, read_size

SENT_FORMATS = (PictureFormat.JPEG, PictureFormat.PNG)
"""Formats of pictures in messages."""

FILE_FORMATS = tuple(PictureFormat)
"""Formats of pictures that a person opens."""

_LARGE_PIXELS = 16 * 1024 * 1024
_one_large = threading.Lock()


class BodyKind(StrEnum):
    """What a body of bytes turns out to be."""

    JPEG = "jpeg"
    PNG = "png"
    WAV = "wav"


def body_kind(data: bytes | memoryview) -> BodyKind | None:
    """The kind of file, from its first bytes alone, or None if it is none of ours."""
    head = bytes(data[:12])
    match picture_format(head):
        case PictureFormat.JPEG:
            return BodyKind.JPEG
        case PictureFormat.PNG:
            return BodyKind.PNG
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return BodyKind.WAV
    return None


def encode_image(pixels: Array, encoding: ImageEncoding, jpeg_quality: int) -> bytes:
    """RGB uint8 [height, width, 3] as the bytes of a JPEG or PNG file, or as they are."""
    if encoding is ImageEncoding.RAW:
        return pixels.tobytes()
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if encoding is ImageEncoding.JPEG:
        done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    else:
        # Level 1 is several times faster than the default and a few percent larger.
        done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise InvalidInput(f"OpenCV could not write {pixels.shape} pixels as {encoding}.")
    return bytes(data)


def decode_image(
    data: bytes | memoryview, accepted: Collection[PictureFormat] = SENT_FORMATS
) -> Array:
    """The RGB pixels, uint8 [height, width, 3], of a picture file, turned upright.

    Raises InvalidInput if the bytes are of no accepted format, are damaged, or claim more than
    `picture_headers.MAX_PIXELS`. Pictures over 16 megapixels are decoded one at a time in this
    process, so that several together take no more memory than one.
    """
    size = read_size(data, accepted)
    large = size.width * size.height > _LARGE_PIXELS
    with _one_large if large else nullcontext():
        return _decoded(data)


def _decoded(data: bytes | memoryview) -> Array:
    kind = picture_format(bytes(data[:12]))
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise InvalidInput(f"The {kind} cannot be decoded: {error.err}.") from error
    if pixels is None:
        raise InvalidInput(f"The {kind} is damaged or cut short ({len(data)} bytes).")
    return np.asarray(pixels)
