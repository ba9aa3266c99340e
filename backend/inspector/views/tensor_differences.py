"""How two replies differ, output by output and number by number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.core.inference import InferResponse
from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.views.distances import distances
from backend.inspector.views.readable import CHUNK, element_text, values_of
from backend.inspector.views.row_differences import RowDifference, row_differences
from backend.inspector.views.summary import TOP, best_indices, is_scores, scores_of

TOLERANCE = 1e-3
FIRST_INDICES = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """One element that differs: its index in each dimension, and its value on either side."""

    index: tuple[int, ...]
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """How far the elements of two tensors are apart.

    `largest` and `mean` are absolute, over the elements that are finite on both sides; None if
    there are none. `cosine` is that of the same elements, None if one side is all zeros.
    """

    largest: float | None
    mean: float | None
    cosine: float | None


@dataclass(frozen=True, slots=True)
class OutputDiff:
    """One output in two replies: datatype and shape on either side, '' and () where it is missing.

    `differing` counts elements further apart than the tolerance, and `first` are the first five of
    these; of BYTES every element that is not the same. `numbers` is None for BYTES, and where the
    shapes differ. `top` holds the best classes of either side if they are not the same. `rows` are
    the first rows with an element that differs, all of both sides where the shapes do, and
    `more_rows` counts those left out.
    """

    name: str
    datatypes: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    missing: str = ""
    numbers: Numbers | None = None
    differing: int = 0
    elements: int = 0
    first: tuple[Difference, ...] = ()
    top: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    rows: tuple[RowDifference, ...] = ()
    more_rows: int = 0

    @property
    def same(self) -> bool:
        """Whether nothing is worth telling: no change beyond the tolerance."""
        return (
            not (self.missing or self.differing or self.top)
            and self.datatypes[0] == self.datatypes[1]
            and self.shapes[0] == self.shapes[1]
        )


@dataclass(frozen=True, slots=True)
class TensorDiff:
    """Two replies compared; outputs in the order of the left one, then those only at the right."""

    outputs: tuple[OutputDiff, ...]
    tolerance: float

    @property
    def same(self) -> bool:
        """Whether all outputs are the same within the tolerance."""
        return all(output.same for output in self.outputs)


def tensor_diff(
    left: InferResponse, right: InferResponse, tolerance: float = TOLERANCE
) -> TensorDiff:
    """How the outputs of two replies differ; NaN counts as equal to NaN.

    The tolerance is absolute. Raises ValueError if it is negative or not a number.
    """
    if not tolerance >= 0:
        raise ValueError(f"The tolerance must be 0 or more, got {tolerance}.")
    lefts = {tensor.name: tensor for tensor in left.outputs}
    rights = {tensor.name: tensor for tensor in right.outputs}
    names = dict.fromkeys((*lefts, *rights))
    found = []
    for name in names:
        pair = lefts.get(name), rights.get(name)
        rows, more = row_differences(*pair, tolerance)
        found.append(replace(_output(name, *pair, tolerance), rows=rows, more_rows=more))
    return TensorDiff(tuple(found), tolerance)


def _output(name: str, left: Tensor | None, right: Tensor | None, tolerance: float) -> OutputDiff:
    datatypes = (_datatype(left), _datatype(right))
    shapes = (_shape(left), _shape(right))
    if left is None or right is None:
        return OutputDiff(name, datatypes, shapes, "left" if left is None else "right")
    top = _top_change(left, right)
    textual = [tensor.datatype is Datatype.BYTES for tensor in (left, right)]
    if shapes[0] != shapes[1] or any(textual) != all(textual):
        return OutputDiff(name, datatypes, shapes, top=top)
    numbers, differing, first = (
        _compare_bytes(left, right) if all(textual) else _compare_numbers(left, right, tolerance)
    )
    return OutputDiff(
        name,
        datatypes,
        shapes,
        numbers=numbers,
        differing=differing,
        elements=int(left.data.size),
        first=first,
        top=top,
    )


def _datatype(tensor: Tensor | None) -> str:
    return str(tensor.datatype) if tensor is not None else ""


def _shape(tensor: Tensor | None) -> tuple[int, ...]:
    return tuple(map(int, tensor.shape)) if tensor is not None else ()


def _top_change(left: Tensor, right: Tensor) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    if not (is_scores(left) and is_scores(right)):
        return None
    best = tuple(tuple(best_indices(scores_of(tensor), TOP)) for tensor in (left, right))
    return None if best[0] == best[1] else (best[0], best[1])


def _compare_bytes(left: Tensor, right: Tensor) -> tuple[None, int, tuple[Difference, ...]]:
    pairs = zip(left.data.reshape(-1).tolist(), right.data.reshape(-1).tolist(), strict=True)
    places = [place for place, (a, b) in enumerate(pairs) if a != b]
    return None, len(places), _differences(left, right, places[:FIRST_INDICES])


def _compare_numbers(
    left: Tensor, right: Tensor, tolerance: float
) -> tuple[Numbers, int, tuple[Difference, ...]]:
    """Piece by piece, so that large outputs need little more memory than they have."""
    sums = _Sums()
    differing = 0
    places: list[int] = []
    for begin in range(0, left.data.size, CHUNK):
        a = values_of(left, begin, begin + CHUNK)
        b = values_of(right, begin, begin + CHUNK)
        apart = distances(a, b)
        beyond = np.flatnonzero(~(apart <= tolerance))
        differing += len(beyond)
        places += (beyond[: FIRST_INDICES - len(places)] + begin).tolist()
        sums.add(a, b, apart)
    return sums.numbers(), differing, _differences(left, right, places)


class _Sums:
    """What the figures are made of."""

    def __init__(self) -> None:
        self._largest = -math.inf
        self._total = 0.0
        self._count = 0
        self._dot = self._left = self._right = 0.0

    def add(self, left: Array, right: Array, apart: Array) -> None:
        """Count the elements that are finite on both sides."""
        a, b = left.astype(np.float64), right.astype(np.float64)
        finite = np.isfinite(a) & np.isfinite(b)
        if not finite.any():
            return
        a, b, apart = a[finite], b[finite], apart[finite]
        self._largest = max(self._largest, float(apart.max()))
        with np.errstate(over="ignore", invalid="ignore"):
            self._total += float(apart.sum())
            self._dot += float(a @ b)
            self._left += float(a @ a)
            self._right += float(b @ b)
        self._count += len(a)

    def numbers(self) -> Numbers:
        """The figures; None where they mean nothing."""
        if not self._count:
            return Numbers(None, None, None)
        return Numbers(self._largest, self._total / self._count, self._cosine())

    def _cosine(self) -> float | None:
        lengths = math.sqrt(self._left) * math.sqrt(self._right)
        if not lengths or not math.isfinite(lengths) or not math.isfinite(self._dot):
            return None
        return max(-1.0, min(1.0, self._dot / lengths))


def _differences(left: Tensor, right: Tensor, places: Sequence[int]) -> tuple[Difference, ...]:
    return tuple(
        Difference(
            tuple(int(at) for at in np.unravel_index(place, left.shape)) if left.shape else (),
            element_text(values_of(left, place, place + 1).tolist()[0]),
            element_text(values_of(right, place, place + 1).tolist()[0]),
        )
        for place in places
    )
