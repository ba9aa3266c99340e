"""Detectors that count from anchors of one size: BlazeFace and its kin for palms and bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from backend.core.predictions import Detections, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.geometry import Geometry
from backend.profiles.options import option
from backend.profiles.outputs.grids import cells
from backend.profiles.outputs.parts import (
    Activation,
    BoxForm,
    Candidates,
    Unit,
    activated,
    alone,
    corners_of,
    numbers_of,
)
from backend.profiles.outputs.view import SampleView
from backend.profiles.outputs.yolox import check_strides

_BOX = 4
_ANCHORS_PER_LAYER = 2


@dataclass(frozen=True, slots=True)
class AnchorDecoder:
    """Reads boxes with points [n, 4 + 2 k] and scores [n], counted from anchors of one size.

    Row i is centre, size and k points in pixels of what the model sees, centre and points from the
    middle of anchor i. Each stride has two anchors a cell; neighbours of the same stride share
    their cells (V. Bazarevsky et al.: BlazeFace, arXiv:1907.05047, 2019).
    """

    boxes: str = option("regressors", "Output with the boxes and points.")
    scores: str = option("classificators", "Output with the scores.")
    activation: Activation = option(Activation.SIGMOID, "What makes scores of the numbers.")
    strides: tuple[int, ...] = option((8, 16, 16, 16), "Pixels from cell to cell, for each layer.")
    point_names: tuple[str, ...] = option((), "Names of the key points.")
    threshold: float = option(0.5, "Smallest score that counts.", low=0, high=1)
    iou: float = option(0.3, "Overlap above which the less sure box goes.", low=0, high=1)

    def __post_init__(self) -> None:
        check_strides(self.strides)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The surest boxes of the first class, with their points."""
        table = numbers_of(outputs, self.boxes, 2)
        logits = numbers_of(outputs, self.scores, 2)[:, 0]
        if len(logits) != len(table) or table.shape[1] < _BOX or table.shape[1] % 2:
            raise ValueError(
                f"{self.boxes} {list(table.shape)} and {self.scores} [{len(logits)}] "
                "are no boxes with points and a score for each"
            )
        middles = self._middles(len(table), view.geometry)
        scores = activated(logits, alone(self.activation))
        rows = np.flatnonzero(scores >= self.threshold)
        raw = table[rows].astype(np.float64)
        raw[:, :2] += middles[rows]
        found = Candidates(
            corners_of(raw[:, :_BOX], BoxForm.CXCYWH, Unit.PIXELS, view.geometry),
            scores[rows],
            np.zeros(len(rows), np.int64),
            _points(raw[:, _BOX:], middles[rows], view.geometry),
        )
        return (Detections(found.surest(self.iou).detections(view, self.point_names)),)

    def _middles(self, count: int, geometry: Geometry) -> Array:
        """The middle of every anchor [count, 2] in model pixels; raises ValueError."""
        width, height = geometry.model_width, geometry.model_height
        layers = [(stride, len(list(same))) for stride, same in groupby(self.strides)]
        sizes = [(-(-width // stride), -(-height // stride)) for stride, _ in layers]
        anchors = _ANCHORS_PER_LAYER * sum(
            columns * rows * times
            for (columns, rows), (_, times) in zip(sizes, layers, strict=True)
        )
        if anchors != count:
            raise ValueError(
                f"{count} boxes do not fit a picture of {width} x {height} pixels with anchors "
                f"of strides {', '.join(map(str, self.strides))}"
            )
        return _anchors(width, height, self.strides)


@lru_cache(maxsize=8)
def _anchors(width: int, height: int, strides: tuple[int, ...]) -> Array:
    middles = np.concatenate(list(_layers(width, height, strides)))
    middles.flags.writeable = False
    return middles


def _layers(width: int, height: int, strides: tuple[int, ...]) -> Iterable[Array]:
    for stride, same in groupby(strides):
        columns, rows = -(-width // stride), -(-height // stride)
        middles = (cells(columns * rows, columns) + 0.5) * (width / columns, height / rows)
        yield np.repeat(middles, _ANCHORS_PER_LAYER * len(list(same)), axis=0)


def _points(numbers: Array, middles: Array, geometry: Geometry) -> Array:
    """Points [n, 2 k] from their anchors as [n, k, 3] in source pixels, all of them sure."""
    places = numbers.reshape(len(numbers), numbers.shape[1] // 2, 2) + middles[:, np.newaxis]
    points = np.ones((*places.shape[:2], 3))
    points[..., :2] = geometry.points_to_source(places)
    return points
