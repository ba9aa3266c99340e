"""How far the elements of two tensors are apart."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array


def distances(left: Array, right: Array) -> Array:
    """How far elements are apart, in float64: 0 for the same, NaN and infinities included."""
    if left.dtype.kind in "iub" and right.dtype.kind in "iub":
        return _integer_distances(left, right)
    a, b = left.astype(np.float64), right.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        apart: Array = np.abs(a - b)
    apart[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
    return np.where(np.isnan(apart), np.inf, apart)


def _integer_distances(left: Array, right: Array) -> Array:
    """Exact before it becomes a float: two large integers may differ by less than a float shows."""
    larger = left > right
    high, low = np.where(larger, left, right), np.where(larger, right, left)
    if left.dtype != right.dtype and np.uint64 in (left.dtype, right.dtype):
        # numpy has no integer for both: it compared them as floats
        exact = [abs(int(a) - int(b)) for a, b in zip(left.tolist(), right.tolist(), strict=True)]
        return np.array(exact, np.float64)
    # In 64 bits without a sign, subtraction wraps to the right result.
    return (high.astype(np.uint64) - low.astype(np.uint64)).astype(np.float64)
