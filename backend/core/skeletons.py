"""Which points of a body, a hand, a face or a line of text are joined by lines.

The points of bodies are the 17 of COCO, those of hands the 21 and those of faces the 468 (or 478,
with irises) that MediaPipe's models give. Right and left are the person's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import TypeAlias

Edges: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of places in a list of points."""

BODY_POINTS = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip",
    "left knee", "right knee", "left ankle", "right ankle",
)  # fmt: skip
_BODY_EDGES: Edges = (
    (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12),
    (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip

_FINGERS = ("thumb", "index finger", "middle finger", "ring finger", "little finger")
_JOINTS = ("base", "knuckle", "joint", "tip")
HAND_POINTS = (
    "wrist",
    *(f"thumb {joint}" for joint in ("root", "base", "joint", "tip")),
    *(f"{finger} {joint}" for finger in _FINGERS[1:] for joint in _JOINTS),
)
_HAND_EDGES: Edges = (
    (0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (5, 9), (9, 10), (10, 11),
    (11, 12), (9, 13), (13, 14), (14, 15), (15, 16), (13, 17), (17, 18), (18, 19), (19, 20),
    (0, 17),
)  # fmt: skip

CORNERS = ("upper left", "upper right", "lower right", "lower left")
"""The corners of a line of text as it is read, from the upper left in the order of a clock."""
_SIDES: Edges = ((0, 1), (1, 2), (2, 3), (3, 0))

BODY = tuple((BODY_POINTS[one], BODY_POINTS[other]) for one, other in _BODY_EDGES)
"""Joined points of a body, by name."""
HAND = tuple((HAND_POINTS[one], HAND_POINTS[other]) for one, other in _HAND_EDGES)
"""Joined points of a hand, by name."""

_OTHER_WORDS = {
    "pinky": "little finger", "cmc": "root", "mcp": "base", "pip": "knuckle", "dip": "joint",
    "ip": "joint",
}  # fmt: skip
"""What the makers of models call them too."""

_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
)  # fmt: skip
_EYES = (
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),
)
_LIPS = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
     61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
     78),
)  # fmt: skip
_BROWS = (
    (276, 283, 282, 295, 285), (300, 293, 334, 296, 336), (46, 53, 52, 65, 55),
    (70, 63, 105, 66, 107),
)  # fmt: skip
_IRISES = ((469, 470, 471, 472, 469), (474, 475, 476, 477, 474))
_FACE, _FACE_WITH_IRISES = 468, 478


def edges_between(names: Sequence[str]) -> Edges:
    """The lines between points with these names, '' for a point without one.

    Named points are joined if all their names are those of one skeleton, though some be missing;
    points without names if there are as many as a skeleton has. Otherwise there are none.
    """
    if len(names) > _FACE_WITH_IRISES:
        return ()
    return _edges(tuple(names))


@lru_cache(maxsize=64)
def _edges(names: tuple[str, ...]) -> Edges:
    if len(names) in (_FACE, _FACE_WITH_IRISES):
        return _face(len(names))
    if names == CORNERS:
        return _SIDES
    places = {_plain(name): place for place, name in enumerate(names) if name}
    if len(places) < sum(map(bool, names)):
        return ()  # several bodies, or none
    for points, edges, named in (
        (BODY_POINTS, _BODY_EDGES, BODY),
        (HAND_POINTS, _HAND_EDGES, HAND),
    ):
        if not places and len(names) == len(points):
            return edges
        if places and places.keys() <= set(points):
            return tuple(
                (places[one], places[other])
                for one, other in named
                if one in places and other in places
            )
    return ()


def _plain(name: str) -> str:
    """A name in the words of this module: 'LEFT_EYE' as 'left eye', 'PINKY_TIP' likewise."""
    words = " ".join(name.replace("_", " ").replace("-", " ").casefold().split())
    thumb = words.startswith("thumb")
    if thumb and words.endswith("mcp"):
        return "thumb base"
    words = " ".join(_OTHER_WORDS.get(word, word) for word in words.split())
    return words.replace("finger finger", "finger")


@cache
def _face(points: int) -> Edges:
    lines = (_OVAL, *_EYES, *_LIPS, *_BROWS, *(_IRISES if points == _FACE_WITH_IRISES else ()))
    return tuple(_along(lines))


def _along(lines: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for line in lines:
        yield from pairwise(line)
