"""A picture turned around its middle, in which an upright finder sees what leans over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.core.tensors import Array
from backend.models.bundled.cascades import Window
from backend.wire.media.opencv import cv2


class TurnedPicture:
    """Grey pixels turned counter-clockwise, at the same size: the corners are cut off."""

    def __init__(self, light: Array, degrees: float) -> None:
        height, width = light.shape
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        self.pixels = np.asarray(cv2.warpAffine(light, turn, (width, height), borderValue=(128,)))
        self._back = cv2.invertAffineTransform(turn)

    def back(self, window: Window) -> Window:
        """The upright square around the same middle in the picture as it was."""
        half = window.side / 2
        middle = np.array([window.left + half, window.top + half, 1.0])
        x, y = (float(value) for value in self._back @ middle)
        return replace(window, left=x - half, top=y - half)
