"""Pictures as bytes: JPEG and PNG, recognised by their first bytes."""

from __future__ import annotations

import struct
from enum import StrEnum

import numpy as np

from backend.core.choices import ImageEncoding
from backend.core.errors import InvalidInput
from backend.core.tensors import Array
from backend.wire.opencv import cv2

MAX_PIXELS = 64 * 1024 * 1024
"""Largest picture that is decoded; a small file may claim a huge one."""


class BodyKind(StrEnum):
    """What a body of bytes turns out to be."""

    JPEG = "jpeg"
    PNG = "png"
    WAV = "wav"


def body_kind(data: bytes | memoryview) -> BodyKind | None:
    """The kind of file, from its first bytes alone, or None if it is none of ours."""
    head = bytes(data[:12])
    if head.startswith(b"\xff\xd8\xff"):
        return BodyKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
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


def decode_image(data: bytes | memoryview) -> Array:
    """The RGB pixels, uint8 [height, width, 3], of a JPEG or PNG file.

    Raises InvalidInput if the bytes are neither, are damaged, or claim more than `MAX_PIXELS`.
    """
    kind = body_kind(data)
    if kind not in (BodyKind.JPEG, BodyKind.PNG):
        raise InvalidInput(
            f"Expected a JPEG or PNG file, got {len(data)} bytes that begin with "
            f"{bytes(data[:4])!r}.",
            hint="Send the file's own bytes, without base64 or a length prefix.",
        )
    _check_png_size(data, kind)
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InvalidInput(f"The {kind.upper()} cannot be decoded: {error.err}.") from error
    if bgr is None:
        raise InvalidInput(f"The {kind.upper()} is damaged or cut short ({len(data)} bytes).")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def _check_png_size(data: bytes | memoryview, kind: BodyKind) -> None:
    """Refuse a PNG bomb before decoding; a JPEG is at most 65535 pixels a side by its format."""
    if kind is not BodyKind.PNG or len(data) < 24:
        return
    width, height = struct.unpack(">II", bytes(data[16:24]))
    if width * height > MAX_PIXELS:
        raise InvalidInput(
            f"The PNG claims {width} x {height} pixels; at most {MAX_PIXELS:,} are decoded."
        )
