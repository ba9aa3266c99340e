"""The raw output of the YOLOX detectors, which count from the cells of three grids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.errors import UsageError
from backend.core.predictions import Detections, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.geometry import Geometry
from backend.profiles.options import option
from backend.profiles.outputs.grids import cells
from backend.profiles.outputs.parts import (
    BoxForm,
    Candidates,
    Unit,
    corners_of,
    numbers_of,
)
from backend.profiles.outputs.view import SampleView

LARGEST_EXPONENT = 20.0
"""Sizes are powers of e: more than this is no size of a box in a picture."""

_BOX = 4
_MOST_GRIDS = 8
_LARGEST_STRIDE = 1024


@dataclass(frozen=True, slots=True)
class YoloxDecoder:
    """Reads [1, n, 5 + classes] of cells: centre, size, how sure it is an object, and classes.

    A cell of the grid of stride S gives a centre ``(cell + xy) * S`` and a size ``exp(wh) * S``;
    the grids follow each other in the order of `strides` (Z. Ge, S. Liu, F. Wang, Z. Li, J. Sun:
    YOLOX, arXiv:2107.08430, 2021).
    """

    output: str = option("", "Output to read; empty for the first.")
    strides: tuple[int, ...] = option((8, 16, 32), "Pixels from cell to cell, for each grid.")
    threshold: float = option(0.3, "Smallest score that counts.", low=0, high=1)
    iou: float = option(0.45, "Overlap above which the less sure box goes.", low=0, high=1)

    def __post_init__(self) -> None:
        check_strides(self.strides)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The surest boxes, each with its best class."""
        table = numbers_of(outputs, self.output, 2)
        if table.shape[1] <= _BOX + 1:
            raise ValueError(f"rows of {table.shape[1]} numbers hold no box with classes")
        rows = np.flatnonzero(table[:, _BOX] >= self.threshold)
        classes = table[rows, _BOX + 1 :].astype(np.float64)
        scores = table[rows, _BOX] * classes.max(axis=1)
        sure = scores >= self.threshold
        rows, scores = rows[sure], scores[sure]
        raw = table[rows, :_BOX].astype(np.float64)
        places, stride = self._cells(len(table), view.geometry)
        step = stride[rows, np.newaxis]
        sizes = np.exp(np.minimum(raw[:, 2:], LARGEST_EXPONENT)) * step
        boxes = np.concatenate(((places[rows] + raw[:, :2]) * step, sizes), axis=1)
        found = Candidates(
            corners_of(boxes, BoxForm.CXCYWH, Unit.PIXELS, view.geometry),
            scores,
            classes[sure].argmax(axis=1),
        )
        return (Detections(found.surest(self.iou).detections(view)),)

    def _cells(self, count: int, geometry: Geometry) -> tuple[Array, Array]:
        """Column and row [count, 2] and stride [count] of every row; raises ValueError."""
        width, height = geometry.model_width, geometry.model_height
        sizes = [(-(-width // stride), -(-height // stride)) for stride in self.strides]
        if sum(columns * rows for columns, rows in sizes) != count:
            raise ValueError(
                f"{count} boxes do not fit a picture of {width} x {height} pixels "
                f"in grids of strides {', '.join(map(str, self.strides))}"
            )
        places = np.concatenate([cells(columns * rows, columns) for columns, rows in sizes])
        counts = [columns * rows for columns, rows in sizes]
        return places, np.repeat(np.array(self.strides, np.float64), counts)


def check_strides(strides: tuple[int, ...]) -> None:
    """Raise UsageError for strides that no grids of a picture have."""
    if not 1 <= len(strides) <= _MOST_GRIDS or any(
        not 1 <= stride <= _LARGEST_STRIDE for stride in strides
    ):
        raise UsageError(
            f"'strides' is 1 to {_MOST_GRIDS} whole numbers of 1 to {_LARGEST_STRIDE}, "
            f"got {list(strides)[: _MOST_GRIDS + 1]}."
        )
