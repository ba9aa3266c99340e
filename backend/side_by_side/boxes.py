"""Which boxes of one prediction are those of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import Detection
from backend.core.tensors import Array

LEAST_IOU = 0.5
"""Boxes that overlap less are not the same object, as in PASCAL VOC."""


@dataclass(frozen=True, slots=True)
class BoxMatch:
    """The places of two boxes in their predictions, and how much they overlap."""

    a: int
    b: int
    iou: float


def match_boxes(a: Sequence[Detection], b: Sequence[Detection]) -> list[BoxMatch]:
    """Pairs of one label that overlap by at least half, the best overlap first; each box once."""
    overlaps = ious(a, b)
    names = [np.array([item.label for item in side], object) for side in (a, b)]
    possible = (overlaps >= LEAST_IOU) & (names[0][:, None] == names[1][None, :])
    rows, columns = np.nonzero(possible)
    order = np.argsort(-overlaps[rows, columns], kind="stable")
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    matches = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken_a and column not in taken_b:
            taken_a.add(row)
            taken_b.add(column)
            matches.append(BoxMatch(row, column, float(overlaps[row, column])))
    return matches


def ious(a: Sequence[Detection], b: Sequence[Detection]) -> Array:
    """Intersection over union of every two boxes, [a, b]; 1 for two that are equal, even points."""
    one = np.array([item.box for item in a], np.float64).reshape(-1, 1, 4)
    two = np.array([item.box for item in b], np.float64).reshape(1, -1, 4)
    low = np.maximum(one[..., :2], two[..., :2])
    high = np.minimum(one[..., 2:], two[..., 2:])
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        common = np.clip(high - low, 0.0, None).prod(axis=-1)
        areas = [np.clip(side[..., 2:] - side[..., :2], 0.0, None).prod(-1) for side in (one, two)]
        union = areas[0] + areas[1] - common
        overlap = np.where(union > 0, common / union, 0.0)
    return np.where((one == two).all(axis=-1), 1.0, np.nan_to_num(overlap))
