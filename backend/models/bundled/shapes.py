"""Finds the plain coloured shapes of the test pattern by their outlines."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from backend.core.tensors import Array, Tensor
from backend.models.bundled.detections import FoundObject, box_tensors
from backend.models.bundled.scaling import shrunk
from backend.models.contract import BundledModel
from backend.models.inputs import picture
from backend.profiles.bundled import SHAPE_LABELS
from backend.wire.media.opencv import cv2

_COLOURFUL = 30
"""Least mean difference of a shape's strongest and weakest channel; the text is greyer."""

_SMALLEST_PART = 1 / 1200
"""Smallest area looked at, as a part of the picture."""

_SIDE = 640
"""Longest side at which outlines are looked for; a larger picture is made smaller first."""

_SURE_ENOUGH = 0.5

# Three numbers that follow from plane geometry: the parts of the smallest circle around a shape
# that it and its convex hull fill, and the ratio of the sides of the tightest rectangle around it.
# The star's notches lie at 0.46 of the way to its points, which are those of a pentagon.
_STAR_AREA = 5 * 0.46 * math.sin(math.pi / 5) / math.pi
_PENTAGON_AREA = 2.5 * math.sin(2 * math.pi / 5) / math.pi
_PENTAGON_SIDES = (1 + math.cos(math.pi / 5)) / (2 * math.sin(2 * math.pi / 5))
_TRIANGLE_AREA = 0.75 * math.sqrt(3) / math.pi
_HEXAGON_AREA = 1.5 * math.sqrt(3) / math.pi
_IDEAL = {
    "circle": (1.0, 1.0, 1.0),
    "square": (2 / math.pi, 2 / math.pi, 1.0),
    "triangle": (_TRIANGLE_AREA, _TRIANGLE_AREA, math.sqrt(3) / 2),
    "star": (_STAR_AREA, _PENTAGON_AREA, _PENTAGON_SIDES),
    "hexagon": (_HEXAGON_AREA, _HEXAGON_AREA, math.sqrt(3) / 2),
}
_TYPICAL = np.array([_IDEAL[label] for label in SHAPE_LABELS])
_SPREAD = 0.1
"""Distance from a shape's three numbers at which the score has fallen to 0.61."""


class Shapes(BundledModel):
    """Circles, squares, triangles, stars and hexagons, filled with a colour, on a darker ground.

    A contour is what three numbers say that are far apart for the five shapes and do not change
    with size, place or angle; the score falls with the distance from the ideal. A contour at the
    edge of the picture may go on beyond it and is left out.
    """

    platform = "opencv_contours"

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The pixels."""
        return picture(inputs)

    def infer(self, prepared: Array) -> list[FoundObject]:
        """Every shape, in pixels of the picture."""
        pixels, scale = shrunk(prepared, _SIDE)
        light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        # Halfway between ground and shapes, the edge is where it was before smoothing. Colour
        # would separate them better, but JPEG keeps it at half the resolution.
        mask = cv2.threshold(light, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        least = max(_SMALLEST_PART * mask.size, 30)
        height, width = mask.shape
        likely = (_look(contour, least) for contour in contours)
        return [
            found.enlarged(scale)
            for found in likely
            if found is not None
            and _is_inside(found, width, height)
            and _is_colourful(pixels, found)
        ]

    def finish(self, raw: list[FoundObject]) -> tuple[Tensor, ...]:
        """The boxes, surest first."""
        return box_tensors(raw)


def _is_inside(found: FoundObject, width: int, height: int) -> bool:
    x0, y0, x1, y1 = found.box
    return x0 > 0 and y0 > 0 and x1 < width and y1 < height


def _is_colourful(pixels: Array, found: FoundObject) -> bool:
    """Whether the middle of the box, which every shape covers, has a colour."""
    x0, y0, x1, y1 = (int(value) for value in found.box)
    width, height = (x1 - x0) // 5 + 1, (y1 - y0) // 5 + 1
    left, top = (x0 + x1 - width) // 2, (y0 + y1 - height) // 2
    middle = pixels[top : top + height, left : left + width].astype(np.int16)
    return float(np.mean(middle.max(axis=2) - middle.min(axis=2))) >= _COLOURFUL


def _look(contour: Array, least_area: float) -> FoundObject | None:
    """What a contour is, or None if it is no shape."""
    x, y, width, height = cv2.boundingRect(contour)
    if width * height < least_area:
        return None
    hull = cv2.convexHull(contour)
    radius = cv2.minEnclosingCircle(hull)[1] + 0.5
    # A contour runs through the centres of its pixels: half a pixel is missing all around.
    outline = cv2.approxPolyDP(contour, 1.0, closed=True)  # without the steps of slanted edges
    area = cv2.contourArea(contour) + cv2.arcLength(outline, closed=True) / 2
    hull_area = cv2.contourArea(hull) + cv2.arcLength(hull, closed=True) / 2
    if area < least_area:
        return None
    circle = math.pi * radius**2
    sides = sorted(side + 1 for side in cv2.minAreaRect(hull)[1])
    measured = (area / circle, hull_area / circle, sides[0] / sides[1])
    distances = np.linalg.norm(_TYPICAL - measured, axis=1)
    index = int(distances.argmin())
    score = math.exp(-0.5 * (float(distances[index]) / _SPREAD) ** 2)
    if score < _SURE_ENOUGH:
        return None
    return FoundObject((x, y, x + width, y + height), index, score)
