"""OpenCV's pictures as ours."""

from __future__ import annotations

import numpy as np

from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2
from backend.wire.picture_headers import check_pixels


def rgb(bgr: Array) -> Array:
    """OpenCV's order of colours, or a grey picture, as RGB uint8 [height, width, 3]."""
    code = cv2.COLOR_GRAY2RGB if bgr.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(bgr, code))


def rgb_from_bgrx(bgrx: Array) -> Array:
    """A screen's pixels, uint8 [height, width, 4], as RGB uint8 [height, width, 3] of their own."""
    return np.asarray(cv2.cvtColor(bgrx, cv2.COLOR_BGRA2RGB))


def check_frames(capture: cv2.VideoCapture, name: str) -> None:
    """Raise SourceError if the frames of an open video or stream are too large to be read.

    Must be called before the first frame: OpenCV makes it three bytes a pixel, whatever is claimed.
    """
    width, height = (
        int(capture.get(which)) for which in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    if not (width or height):
        return  # not known before the first frame
    try:
        check_pixels(name, width, height)
    except InvalidInput as error:
        raise SourceError(SourceFault.UNREADABLE, error.message, error.hint) from error
