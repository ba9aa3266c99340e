"""Outputs of the YOLO family: everything about a box in one row or column of one tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import Detections, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.options import option
from backend.profiles.outputs.parts import (
    Activation,
    BoxForm,
    Candidates,
    Unit,
    activated,
    alone,
    corners_of,
    in_pixels,
    numbers_of,
)
from backend.profiles.outputs.view import SampleView

THRESHOLD, IOU = 0.25, 0.45

_BOX = 4


@dataclass(frozen=True, slots=True)
class YoloV5Decoder:
    """Reads [1, n, 5 + classes]: centre, size, how sure it is an object, and of which class."""

    output: str = option("", "Output to read; empty for the first.")
    unit: Unit = option(Unit.PIXELS, "What boxes are counted in.")
    activation: Activation = option(Activation.NONE, "What makes scores of the numbers.")
    threshold: float = option(THRESHOLD, "Smallest score that counts.", low=0, high=1)
    iou: float = option(IOU, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The surest boxes, each with its best class."""
        table = numbers_of(outputs, self.output, 2)
        if table.shape[1] <= _BOX:
            raise ValueError(f"rows of {table.shape[1]} numbers hold no box with a score")
        objects = activated(table[:, _BOX], alone(self.activation))
        rows = np.flatnonzero(objects >= self.threshold)
        classes = activated(table[rows, _BOX + 1 :], self.activation)
        scores, indexes = objects[rows], np.zeros(len(rows), np.int64)
        if classes.shape[1]:
            scores, indexes = scores * classes.max(axis=1), classes.argmax(axis=1)
        sure = scores >= self.threshold
        boxes = corners_of(table[rows[sure], :_BOX], BoxForm.CXCYWH, self.unit, view.geometry)
        found = Candidates(boxes, scores[sure], indexes[sure])
        return (Detections(found.surest(self.iou).detections(view)),)


@dataclass(frozen=True, slots=True)
class YoloV8Decoder:
    """Reads [1, 4 + classes + more, n]: centre, size, a score for each class, key points.

    The tensor may also be the other way round, [1, n, 4 + ...]. `skipped` numbers at the end,
    such as the coefficients of masks, are not read.
    """

    output: str = option("", "Output to read; empty for the first.")
    unit: Unit = option(Unit.PIXELS, "What boxes are counted in.")
    activation: Activation = option(Activation.NONE, "What makes scores of the numbers.")
    key_points: int = option(0, "Key points of each object.", low=0, high=1000)
    point_numbers: int = option(3, "Numbers a key point: x, y, and a score if 3.", low=2, high=3)
    point_names: tuple[str, ...] = option((), "Names of the key points.")
    skipped: int = option(0, "Numbers at the end that are not read.", low=0, high=10_000)
    threshold: float = option(THRESHOLD, "Smallest score that counts.", low=0, high=1)
    iou: float = option(IOU, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The surest boxes, each with its best class."""
        table = self._upright(numbers_of(outputs, self.output, 2), view)
        classes = len(table) - _BOX - self._further
        if classes < 1:
            raise ValueError(f"{len(table)} numbers a box hold no class beside what is expected")
        scores = table[_BOX : _BOX + classes]
        best = scores.max(axis=0)
        if self.activation is Activation.SIGMOID:
            best = activated(best, self.activation)
        columns = np.flatnonzero(best >= self.threshold)
        kept = table[:, columns]
        found = Candidates(
            corners_of(kept[:_BOX].T, BoxForm.CXCYWH, self.unit, view.geometry),
            best[columns],
            kept[_BOX : _BOX + classes].argmax(axis=0),
            self._points(kept[_BOX + classes :], view) if self.key_points else None,
        )
        return (Detections(found.surest(self.iou).detections(view, self.point_names)),)

    @property
    def _further(self) -> int:
        return self.key_points * self.point_numbers + self.skipped

    def _upright(self, table: Array, view: SampleView) -> Array:
        """One column for each box: the labels tell, or else that boxes outnumber their parts."""
        parts = _BOX + len(view.labels) + self._further
        if view.labels and parts in table.shape:
            return table if table.shape[0] == parts else table.T
        return table if table.shape[0] <= table.shape[1] else table.T

    def _points(self, numbers: Array, view: SampleView) -> Array:
        """[k * numbers, n] as points [n, k, 3] in source pixels."""
        wanted = self.key_points * self.point_numbers
        shaped = numbers[:wanted].T.reshape(-1, self.key_points, self.point_numbers)
        places = in_pixels(shaped[..., :2].astype(np.float64), self.unit, view.geometry)
        points = np.ones((*shaped.shape[:2], 3))
        points[..., :2] = view.geometry.points_to_source(places)
        if self.point_numbers > 2:
            points[..., 2] = shaped[..., 2]
        return points


@dataclass(frozen=True, slots=True)
class YoloV10Decoder:
    """Reads [1, n, 6]: corners, score and class of boxes that do not overlap any more."""

    output: str = option("", "Output to read; empty for the first.")
    form: BoxForm = option(BoxForm.XYXY, "What the four numbers of a box are.")
    unit: Unit = option(Unit.PIXELS, "What boxes are counted in.")
    threshold: float = option(THRESHOLD, "Smallest score that counts.", low=0, high=1)
    iou: float = option(1.0, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The boxes that are sure enough, best first."""
        table = numbers_of(outputs, self.output, 2)
        if table.shape[1] != _BOX + 2:
            raise ValueError(f"expected rows of 6 numbers, got {table.shape[1]}")
        rows = table[table[:, _BOX] >= self.threshold]
        boxes = corners_of(rows[:, :_BOX], self.form, self.unit, view.geometry)
        found = Candidates(boxes, rows[:, _BOX], rows[:, _BOX + 1].astype(np.int64))
        return (Detections(found.surest(self.iou).detections(view)),)
