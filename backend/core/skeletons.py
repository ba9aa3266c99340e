"""Which named points of a body or a hand are joined by lines.

Right and left are the person's own. Points of a face have no skeleton.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

Edge = tuple[str, str]

_SIDES = ("left", "right")
_FINGERS = ("index", "middle", "ring", "little")

BODY: tuple[Edge, ...] = (
    *(("nose", f"{side} eye") for side in _SIDES),
    *((f"{side} eye", f"{side} ear") for side in _SIDES),
    *(
        (f"{side} {one}", f"{side} {other}")
        for side in _SIDES
        for one, other in (
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("shoulder", "hip"),
            ("hip", "knee"),
            ("knee", "ankle"),
        )
    ),
    ("left shoulder", "right shoulder"),
    ("left hip", "right hip"),
)
"""The 17 points of COCO."""

HAND: tuple[Edge, ...] = (
    ("wrist", "thumb root"),
    ("thumb root", "thumb base"),
    ("thumb base", "thumb joint"),
    ("thumb joint", "thumb tip"),
    ("wrist", "index finger base"),
    ("wrist", "little finger base"),
    *((f"{a} finger base", f"{b} finger base") for a, b in itertools.pairwise(_FINGERS)),
    *(
        (f"{finger} finger {one}", f"{finger} finger {other}")
        for finger in _FINGERS
        for one, other in (("base", "knuckle"), ("knuckle", "joint"), ("joint", "tip"))
    ),
)  # fmt: skip
"""The 21 points of a hand."""

_MOST_POINTS = 64
"""No skeleton has more; longer lists are not looked at."""


def edges_between(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Pairs of places in `names` whose points are joined; none unless all are of one skeleton."""
    return _edges(tuple(names)) if len(names) <= _MOST_POINTS else ()


@lru_cache(maxsize=64)
def _edges(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    places = {name: place for place, name in enumerate(names)}
    for skeleton in (BODY, HAND):
        if places.keys() <= {name for edge in skeleton for name in edge}:
            return tuple(
                (places[one], places[other])
                for one, other in skeleton
                if one in places and other in places
            )
    return ()
