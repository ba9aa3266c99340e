"""Pixels as a screen wants them: blue, green, red and a byte that is 255, in the size it shows."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.wire.media.opencv import cv2

_SMOOTH_BELOW = 2.0
"""From this enlargement on, single pixels are meant to be seen and are shown as squares."""


def scale_onto(pixels: Array, onto: Array) -> None:
    """Fill `onto`, uint8 [height, width, 4], with uint8 [h, w, 3] RGB pixels, smooth where smaller.

    Other threads run meanwhile.
    """
    height, width, _ = onto.shape
    before = pixels.shape[1]
    if (pixels.shape[0], before) == (height, width):
        cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA, onto)
    elif width > before:
        # The format first, while there are fewer pixels.
        how = cv2.INTER_NEAREST if width >= _SMOOTH_BELOW * before else cv2.INTER_LINEAR
        cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA), (width, height), onto, 0, 0, how)
    else:
        # A linear step looks at the nearest four pixels only; from half the size on others count.
        how = cv2.INTER_AREA if 2 * width <= before else cv2.INTER_LINEAR
        smaller = cv2.resize(pixels, (width, height), interpolation=how)
        cv2.cvtColor(smaller, cv2.COLOR_RGB2BGRA, onto)


def level_colors() -> Array:
    """uint8 [256, 3] RGB: OpenCV's "inferno", dark for little and light for much."""
    levels = np.arange(256, dtype=np.uint8)
    bgr = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO).reshape(256, 3)
    return np.ascontiguousarray(bgr[:, ::-1])
