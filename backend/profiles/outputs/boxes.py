"""Outputs that give boxes, scores and classes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from backend.core.predictions import Detections, KeyPoint, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.names import BOXES, CLASSES, POINTS, SCORES, TEXT
from backend.profiles.options import option
from backend.profiles.outputs.parts import (
    Activation,
    BoxForm,
    Candidates,
    Unit,
    activated,
    corners_of,
    finite_rows,
    in_pixels,
    key_points,
    most_sure,
    numbers_of,
)
from backend.profiles.outputs.view import SampleView


class Background(StrEnum):
    """Which class means that there is nothing."""

    NONE = "none"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class BoxDecoder:
    """Reads boxes [n, 4], scores [n] and classes [n], and if they are there texts and points.

    Texts are UTF-8; points [n, k, 2] are x, y. Boxes that are too unsure are left out, and
    all but the 300 surest; without an `iou` below 1 the model's order is kept.
    """

    boxes: str = option(BOXES, "Output with the boxes.")
    scores: str = option(SCORES, "Output with the scores.")
    classes: str = option(CLASSES, "Output with the class indexes; empty for one class.")
    count: str = option("", "Output with how many boxes count; empty for all.")
    texts: str = option(TEXT, "Output with a text for each box, where there is one.")
    points: str = option(POINTS, "Output with points for each box, where there is one.")
    point_names: tuple[str, ...] = option((), "Names of the points.")
    form: BoxForm = option(BoxForm.XYXY, "What the four numbers of a box are.")
    unit: Unit = option(Unit.PIXELS, "What they are counted in.")
    first_class: int = option(0, "Index that the first label belongs to.", low=0, high=1)
    threshold: float = option(0.0, "Smallest score that counts.", low=0, high=1)
    iou: float = option(1.0, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """One detection per row."""
        raw, scores = numbers_of(outputs, self.boxes, 2), numbers_of(outputs, self.scores, 1)
        classes = numbers_of(outputs, self.classes, 1) if self.classes else np.zeros(len(scores))
        if raw.shape != (len(scores), 4) or classes.shape != scores.shape:
            raise ValueError(
                f"{self.boxes}, {self.scores} and {self.classes or 'classes'} differ in length"
            )
        counted = slice(self._counted(outputs))
        sure = (scores[counted] >= self.threshold) & finite_rows(raw[counted])
        rows = np.flatnonzero(sure)
        if self.iou >= 1:
            rows = most_sure(rows, scores)
        boxes = corners_of(raw[rows], self.form, self.unit, view.geometry)
        found = Candidates(boxes, scores[rows], classes[rows].astype(np.int64) - self.first_class)
        if self.iou < 1:
            return (Detections(found.surest(self.iou).detections(view)),)
        items = found.detections(view)
        texts = self._texts(outputs, rows)
        corners = self._points(outputs, rows, view)
        if texts or corners:
            items = tuple(
                replace(
                    item,
                    text=texts[place] if texts else "",
                    points=corners[place] if corners else (),
                )
                for place, item in enumerate(items)
            )
        return (Detections(items),)

    def _counted(self, outputs: Mapping[str, Tensor]) -> int | None:
        return int(outputs[self.count].data.reshape(-1)[0]) if self.count else None

    def _texts(self, outputs: Mapping[str, Tensor], rows: Array) -> Sequence[str]:
        if self.texts not in outputs:
            return ()
        data = outputs[self.texts].data.reshape(-1)
        return [data[row].decode("utf-8", "replace") for row in rows]

    def _points(
        self, outputs: Mapping[str, Tensor], rows: Array, view: SampleView
    ) -> Sequence[tuple[KeyPoint, ...]]:
        if self.points not in outputs:
            return ()
        raw = in_pixels(numbers_of(outputs, self.points, 3)[rows], self.unit, view.geometry)
        places = view.geometry.points_to_source(raw)
        scored = np.concatenate((places, np.ones((*places.shape[:2], 1))), axis=2)
        return [key_points(points, self.point_names) for points in scored]


@dataclass(frozen=True, slots=True)
class SsdDecoder:
    """Reads scores [n, classes] for boxes [n, 4], as single-shot and DETR-like detectors give them.

    A class's label is that of its column, the background's included.
    """

    scores: str = option("scores", "Output with the scores of each class.")
    boxes: str = option("boxes", "Output with the boxes.")
    form: BoxForm = option(BoxForm.XYXY, "What the four numbers of a box are.")
    unit: Unit = option(Unit.NORMALISED, "What they are counted in.")
    activation: Activation = option(Activation.NONE, "What makes scores of the numbers.")
    background: Background = option(Background.FIRST, "Which class means nothing.")
    threshold: float = option(0.5, "Smallest score that counts.", low=0, high=1)
    iou: float = option(0.45, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The surest boxes, each with its best class."""
        scores = activated(numbers_of(outputs, self.scores, 2), self.activation)
        boxes = numbers_of(outputs, self.boxes, 2)
        if boxes.shape != (len(scores), 4):
            raise ValueError(
                f"{self.scores} {list(scores.shape)} and {self.boxes} {list(boxes.shape)} "
                "do not belong together"
            )
        first = 1 if self.background is Background.FIRST else 0
        last = scores.shape[1] - (1 if self.background is Background.LAST else 0)
        if first >= last:
            raise ValueError(f"{self.scores} {list(scores.shape)} has no class but the background")
        best = scores[:, first:last].max(axis=1)
        rows = np.flatnonzero(best >= self.threshold)
        found = Candidates(
            corners_of(boxes[rows], self.form, self.unit, view.geometry),
            best[rows],
            scores[rows, first:last].argmax(axis=1) + first,
        )
        return (Detections(found.surest(self.iou).detections(view)),)
