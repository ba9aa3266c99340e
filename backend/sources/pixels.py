"""OpenCV's pictures as ours."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.wire.opencv import cv2


def rgb(bgr: Array) -> Array:
    """OpenCV's order of colours, or a grey picture, as RGB uint8 [height, width, 3]."""
    code = cv2.COLOR_GRAY2RGB if bgr.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(bgr, code))
