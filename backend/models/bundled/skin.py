"""Where a picture may show skin: a wide net that only saves looking at sky, leaves and walls."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.wire.media.opencv import cv2

_COLOURLESS = 0.002
"""Share of skin under which a picture is taken for one without colours, or with false ones."""

_SHARE = 0.7
"""Share of skin in the middle of what may be a face."""

_LEAST_RED, _LEAST_WARMTH, _MOST_BLUE = 3, 8, 3
"""Of Cr, of Cr less Cb, and of Cb, each from the middle of its range."""


def without_cold_places(light: Array, pixels: Array, side: int) -> Array:
    """The grey picture with one flat grey where no face of at least `side` pixels can be.

    The middle half of a face is mostly skin, and skin of every tone is redder than it is blue.
    `pixels` is the same picture in RGB at any size. See D. Chai and K. Ngan, "Face segmentation
    using skin-color map in videophone applications", IEEE Trans. Circuits and Systems for Video
    Technology 9 (4), 1999; the limits here are far wider. A picture without any such colour is
    given back whole.
    """
    height, width = light.shape
    part = 4
    small = (max(1, width // part), max(1, height // part))
    colours = cv2.cvtColor(
        cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2YCrCb
    ).astype(np.int16)
    red, blue = colours[..., 1] - 128, colours[..., 2] - 128
    warm = (red >= _LEAST_RED) & (red - blue >= _LEAST_WARMTH) & (blue <= _MOST_BLUE)
    if warm.mean() < _COLOURLESS:
        return light
    core = max(1, side // (2 * part))
    skin = (cv2.blur(warm.astype(np.float32), (core, core)) >= _SHARE).astype(np.uint8)
    size = 2 * round(0.6 * side / part) + 1
    around = cv2.dilate(skin, np.ones((size, size), np.uint8))
    whole = cv2.resize(around, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.where(whole > 0, light, np.uint8(128))
