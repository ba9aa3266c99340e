"""Squares cut out of a picture, upright as the second model wants them, and the way back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import Detection
from backend.core.tensors import Array
from backend.models.runtimes.chain.settings import Cut
from backend.wire.media.opencv import cv2

_SMALLEST_SIDE = 2.0
_LARGEST_SIDE = 4096
_CORNERS = 4


@dataclass(frozen=True, slots=True)
class Square:
    """A square of a picture: its middle, side in pixels, and by how much it is turned clockwise."""

    x: float
    y: float
    side: float
    radians: float

    @classmethod
    def around(cls, item: Detection, cut: Cut) -> Square:
        """The square for a detection."""
        x0, y0, x1, y1 = item.box
        side = max(x1 - x0, y1 - y0, _SMALLEST_SIDE)
        radians = _turn(item, cut)
        # Up is the square's own up.
        up = cut.shift * side
        x = (x0 + x1) / 2 + up * math.sin(radians)
        y = (y0 + y1) / 2 - up * math.cos(radians)
        return cls(x, y, side * cut.grow, radians)

    def to_picture(self, size: int) -> Array:
        """The affine map [2, 3] from places of the cut-out, `size` pixels wide, to the picture."""
        scale = self.side / size
        cos, sin = math.cos(self.radians) * scale, math.sin(self.radians) * scale
        half = size / 2
        return np.array(
            [
                [cos, -sin, self.x - (cos - sin) * half],
                [sin, cos, self.y - (sin + cos) * half],
            ]
        )

    def cut_out(self, pixels: Array, size: int) -> Array:
        """The square as a picture [size, size, 3]; what lies outside of the picture is black."""
        way = self.to_picture(size)
        # OpenCV counts from the middle of a pixel, we from its corner.
        way[:, 2] += way[:, :2] @ (0.5, 0.5) - 0.5
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(pixels, way, (size, size), flags=flags))


def line_of(pixels: Array, item: Detection) -> Array | None:
    """The line of text between a detection's four corners, level; None for hardly any pixels.

    Without corners it is what the box holds.
    """
    x0, y0, x1, y1 = item.box
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
    if len(item.points) >= _CORNERS:
        corners = np.array([(p.x, p.y) for p in item.points[:_CORNERS]], np.float32)
    sides = np.linalg.norm(np.diff(corners[:3], axis=0), axis=1)
    width, height = (int(side) for side in np.clip(np.nan_to_num(np.rint(sides)), 0, _LARGEST_SIDE))
    if min(width, height) < _SMALLEST_SIDE:
        return None
    level = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    way = cv2.getPerspectiveTransform(corners, level)
    line = cv2.warpPerspective(pixels, way, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line)


def _turn(item: Detection, cut: Cut) -> float:
    """By how much the square is turned, -pi to pi; 0 without the points that tell."""
    places = {point.label: point for point in item.points}
    start, end = places.get(cut.from_point), places.get(cut.to_point)
    if not cut.from_point or start is None or end is None:
        return 0.0
    radians = math.radians(cut.angle) - math.atan2(start.y - end.y, end.x - start.x)
    return math.remainder(radians, math.tau)
