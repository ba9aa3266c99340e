"""What the models' makers write about preparing pictures and reading outputs, in plain numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.core.predictions import Detection
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2


@dataclass(frozen=True, slots=True)
class Box:
    """Corners in source pixels, score, class and points."""

    corners: Array
    score: float
    index: int
    points: Array


def letterboxed(pixels: Array, side: int) -> tuple[Array, Array, tuple[int, int]]:
    """The picture in the middle of a black square; its scale in x and y, and where it begins."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    inner = (round(width * scale), round(height * scale))
    left, top = (side - inner[0]) // 2, (side - inner[1]) // 2
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(pixels, inner)
    return canvas, np.divide(inner, (width, height)), (left, top)


def cornered(pixels: Array, side: int, grey: int) -> tuple[Array, float]:
    """The picture in the upper left corner of a grey square, and its scale."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    inner = (round(width * scale), round(height * scale))
    canvas = np.full((side, side, 3), grey, np.uint8)
    canvas[: inner[1], : inner[0]] = cv2.resize(pixels, inner)
    return canvas, scale


def overlap(one: Any, other: Any) -> float:
    """Intersection over union of two boxes of corners."""
    start, end = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    both = np.prod(np.maximum(0, end - start))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(both / (sum(areas) - both))


def thinned(boxes: list[Box], iou: float) -> list[Box]:
    """The surest of boxes of one class that overlap."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        if all(
            box.index != other.index or overlap(box.corners, other.corners) <= iou for other in kept
        ):
            kept.append(box)
    return kept


def same(ours: tuple[Detection, ...], theirs: list[Box]) -> None:
    """Assert equal classes, boxes that overlap by 0.99 and more, scores within 0.01, points."""
    assert len(ours) == len(theirs)
    for item, box in zip(ours, theirs, strict=True):
        assert item.index == box.index
        assert abs(item.score - box.score) < 0.01
        assert overlap(np.array(item.box), box.corners) >= 0.99
        points = np.array([(point.x, point.y) for point in item.points]).reshape(-1, 2)
        reach = max(box.corners[2:] - box.corners[:2])
        assert np.abs(points - box.points.reshape(-1, 2)).max(initial=0) < 0.01 * reach
