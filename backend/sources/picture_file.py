"""One picture from a file, of any format that OpenCV reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.core.errors import SourceError, SourceFault, mebibytes
from backend.core.tensors import Array
from backend.sources.file_kind import file_error
from backend.wire.images import MAX_PIXELS
from backend.wire.opencv import cv2

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Largest picture file that is read into memory."""


def read_picture(path: Path) -> Array:
    """The pixels of a picture file as RGB uint8 [height, width, 3], upright.

    Raises SourceError if the file cannot be read, is damaged or is too large.
    """
    data = _read(path)
    if not data.size:
        raise _unreadable(path, "it is empty")
    try:
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise _unreadable(path, _reason(error)) from error
    if bgr is None:
        raise _unreadable(path, "it is damaged, or of a kind that OpenCV does not read")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def _read(path: Path) -> Array:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _unreadable(path, f"{mebibytes(size)} is more than {mebibytes(MAX_FILE_BYTES)}")
        return np.fromfile(path, np.uint8)
    except OSError as error:
        raise file_error(path, error) from error


def _reason(error: cv2.error) -> str:
    if "PIXELS" in str(error):
        return f"it claims more than {MAX_PIXELS:,} pixels"
    return f"OpenCV says: {getattr(error, 'err', error)}"


def _unreadable(path: Path, reason: str) -> SourceError:
    return SourceError(
        SourceFault.UNREADABLE,
        f"The picture {path.name} cannot be read: {reason}.",
        hint="Open it in another program to see whether it is whole.",
    )
