"""Cells of the grids that detectors without anchors count in."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from backend.core.tensors import Array


def cells(count: int, columns: int) -> Array:
    """The column and row of so many cells, row by row: float64 [count, 2]; not to be written to.

    They form a square if the columns do not fit.
    """
    if columns < 1 or count % columns:
        columns = max(1, round(count**0.5))
    return _cells(count, columns)


@lru_cache(maxsize=16)
def _cells(count: int, columns: int) -> Array:
    index = np.arange(count)
    places = np.stack((index % columns, index // columns), axis=1).astype(np.float64)
    places.flags.writeable = False
    return places
