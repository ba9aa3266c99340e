"""How far two texts are apart."""

from __future__ import annotations

import numpy as np

_MOST = 2000
"""Characters of each: the time is their product."""


def text_distance(a: str, b: str) -> float:
    """Levenshtein's distance by the length of the longer, 0 to 1.

    Of texts longer than 2000 characters the beginnings are compared, unless they are equal.
    """
    if a == b:
        return 0.0
    whole = max(len(a), len(b))
    a, b = a[:_MOST], b[:_MOST]
    if a == b:
        return (whole - _MOST) / whole
    codes = np.array([ord(letter) for letter in b], np.int64)
    places = np.arange(len(b) + 1)
    row = places.copy()
    for number, letter in enumerate(a, 1):
        changed = row[:-1] + (codes != ord(letter))
        best = np.concatenate(([number], np.minimum(changed, row[1:] + 1)))
        # An insertion costs 1 a place: the running minimum of cost less place, and the place again.
        row = np.minimum.accumulate(best - places) + places
    return float(row[-1]) / max(len(a), len(b))
