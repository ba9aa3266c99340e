"""The output of the FastestDet detector: one grid, and everything about a box in its cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import Detections, Predictions
from backend.core.tensors import Tensor
from backend.profiles.options import option
from backend.profiles.outputs.grids import cells
from backend.profiles.outputs.parts import (
    Activation,
    BoxForm,
    Candidates,
    Unit,
    activated,
    corners_of,
    numbers_of,
)
from backend.profiles.outputs.view import SampleView

_PARTS = 5
_OBJECT_WEIGHT = 0.6


@dataclass(frozen=True, slots=True)
class FastestDetDecoder:
    """Reads [1, 5 + classes, rows, columns]: how sure it is an object, place, size, classes.

    A cell gives ``score = object^0.6 * class^0.4``, a centre ``(cell + tanh(xy)) / cells`` and a
    size ``sigmoid(wh)``, both in parts of the picture (X. Ma: FastestDet, 2022).
    """

    output: str = option("", "Output to read; empty for the first.")
    threshold: float = option(0.6, "Smallest score that counts.", low=0, high=1)
    iou: float = option(0.45, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The surest boxes, each with its best class."""
        grid = numbers_of(outputs, self.output, 3)
        parts, height, width = grid.shape
        if parts <= _PARTS:
            raise ValueError(f"{parts} numbers a cell hold no box with classes")
        table = grid.reshape(parts, -1)
        classes = np.clip(table[_PARTS:].max(axis=0).astype(np.float64), 0, 1)
        objects = np.clip(table[0].astype(np.float64), 0, 1)
        scores = objects**_OBJECT_WEIGHT * classes ** (1 - _OBJECT_WEIGHT)
        sure = np.flatnonzero(scores >= self.threshold)
        raw = table[1:_PARTS, sure].T
        places = cells(height * width, width)[sure]
        centres = (places + np.tanh(raw[:, :2].astype(np.float64))) / (width, height)
        boxes = np.concatenate((centres, activated(raw[:, 2:], Activation.SIGMOID)), axis=1)
        found = Candidates(
            corners_of(boxes, BoxForm.CXCYWH, Unit.NORMALISED, view.geometry),
            scores[sure],
            table[_PARTS:, sure].argmax(axis=0),
        )
        return (Detections(found.surest(self.iou).detections(view)),)
