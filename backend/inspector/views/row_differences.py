"""The rows of two tensors that differ, with their elements as texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.views.distances import distances
from backend.inspector.views.readable import CHUNK, element_text, values_of

MOST_ROWS = 50
WIDTH = 8
"""Elements of a row; a longer last dimension is cut into such pieces."""


@dataclass(frozen=True, slots=True)
class RowDifference:
    """Neighbours in the last dimension: the index of the first, and the elements on either side.

    `left` or `right` is empty where that side has no such row.
    """

    index: tuple[int, ...]
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()


def row_differences(
    left: Tensor | None, right: Tensor | None, tolerance: float
) -> tuple[tuple[RowDifference, ...], int]:
    """The first rows in which two tensors differ, and how many more do.

    Of tensors whose shapes or kinds differ, or of one alone, they are the first rows of each.
    """
    if left is None or right is None or not _comparable(left, right):
        ours, more = _all_rows(left)
        theirs, others = _all_rows(right)
        rows = [RowDifference(index, left=texts) for index, texts in ours]
        rows += [RowDifference(index, right=texts) for index, texts in theirs]
        return tuple(rows), more + others
    begins = np.fromiter(_differing(left, right, tolerance), np.int64)
    shown = [
        RowDifference(_index(left, at), _texts(left, at), _texts(right, at))
        for at in begins[:MOST_ROWS].tolist()
    ]
    return tuple(shown), max(0, len(begins) - MOST_ROWS)


def _comparable(left: Tensor, right: Tensor) -> bool:
    textual = {tensor.datatype is Datatype.BYTES for tensor in (left, right)}
    return tuple(left.shape) == tuple(right.shape) and len(textual) == 1


def _differing(left: Tensor, right: Tensor, tolerance: float) -> Iterator[int]:
    """Where each row begins that has a differing element, in order."""
    length = _length(left)
    last = -1
    for begin in range(0, left.data.size, CHUNK):
        a, b = (values_of(tensor, begin, begin + CHUNK) for tensor in (left, right))
        places = np.flatnonzero(_beyond(a, b, tolerance)) + begin
        # The begin of the piece of the last dimension that an element lies in.
        pieces = places - places % length % WIDTH
        for at in np.unique(pieces).tolist():
            if at > last:
                last = at
                yield at


def _beyond(a: Array, b: Array, tolerance: float) -> Array:
    if a.dtype == object:
        return np.asarray(a != b)
    return np.asarray(~(distances(a, b) <= tolerance))


def _all_rows(tensor: Tensor | None) -> tuple[list[tuple[tuple[int, ...], tuple[str, ...]]], int]:
    if tensor is None or not tensor.data.size:
        return [], 0
    length = _length(tensor)
    pieces = -(-length // WIDTH)
    many = tensor.data.size // length * pieces
    begins = [n // pieces * length + n % pieces * WIDTH for n in range(min(many, MOST_ROWS))]
    return [(_index(tensor, at), _texts(tensor, at)) for at in begins], max(0, many - MOST_ROWS)


def _length(tensor: Tensor) -> int:
    """Elements in the last dimension."""
    return max(1, int(tensor.shape[-1])) if tensor.shape else 1


def _index(tensor: Tensor, place: int) -> tuple[int, ...]:
    if not tensor.shape:
        return ()
    return tuple(int(at) for at in np.unravel_index(place, tensor.shape))


def _texts(tensor: Tensor, begin: int) -> tuple[str, ...]:
    length = _length(tensor)
    end = min(begin + WIDTH, begin - begin % length + length)
    return tuple(map(element_text, values_of(tensor, begin, end).tolist()))
