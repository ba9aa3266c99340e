"""Pictures made smaller, because most finders need no more than a few hundred pixels a side."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.wire.media.opencv import cv2


def shrunk(pixels: Array, side: int) -> tuple[Array, float]:
    """The picture at most `side` pixels long, and how many times smaller it is, at least 1."""
    height, width = pixels.shape[:2]
    scale = max(height, width) / side
    if scale <= 1:
        return pixels, 1.0
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)), scale


def grey(pixels: Array) -> Array:
    """The lightness of RGB pixels: uint8 [height, width]."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
