"""Which object of a result is which of the results before, where it is, and where it goes.

For the eye only: what was answered stays as it is. A track is seen or it is not: nothing is
drawn where the model saw nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from backend.core.predictions import Detection
from backend.core.tensors import Array
from gui.state.tracking.one_euro import OneEuroFilter, OneEuroSettings

Box: TypeAlias = tuple[float, float, float, float]

MOST_TRACKS = 256
"""Objects followed at once; more of them in a result are shown as they came."""

TRAIL = 64
"""Places of a track that are remembered."""

_MOST_MISSED = 2
"""Results in a row without an object after which it is forgotten."""

_LONGEST_GAP_S = 0.4
"""Time between two results after which nothing is followed on, as between pictures of a folder,
which come twice a second and show different things at the same place."""

_AGAIN_NS = 1_000_000
"""What passes between two results of one picture."""

_GROWN, _LEAST_OVERLAP = 1.5, 0.2
"""Boxes are compared when grown this much, so that quick small objects overlap still."""

_JUMP = 0.6
"""In sides of the box: what is further off than this is shown where it is at once."""

_PLACE = OneEuroSettings(rest_hz=0.25, beta=2.4)
_SIZE = OneEuroSettings(rest_hz=0.3, beta=0.5)


@dataclass(frozen=True, slots=True)
class TrailPoint:
    """Where the middle of an object was, smoothed, in pixels of the source, and when."""

    x: float
    y: float
    at_ns: int


@dataclass(frozen=True, slots=True)
class Track:
    """An object of the newest result as part of its own history.

    `id` counts up from 1 and is never used twice by one tracker. `item` is the detection with its
    box and points smoothed; `velocity` is in pixels per second. `age` counts the results that
    showed it, 1 for a new one. `trail` has the oldest place first.
    """

    id: int
    item: Detection
    velocity: tuple[float, float]
    age: int
    first_seen_ns: int
    trail: tuple[TrailPoint, ...]


class Tracker:
    """Follows the objects of one source and model from result to result."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []
        self._next_id = 1
        self._at_ns = self._clock_ns = 0
        self._played_s: float | None = None

    def clear(self) -> None:
        """Follow nothing any more; ids go on counting."""
        self._followed.clear()

    def update(
        self, items: Sequence[Detection], at_ns: int, played_s: float | None = None
    ) -> tuple[Track | None, ...]:
        """For each item its track, or None where the box is none or too many are followed.

        `at_ns` is when the sample was captured, `played_s` its place in the file that is played,
        whose time counts then: a slow model is given every picture of a file. A result that is no
        later than the one before, much later, or elsewhere in the file, starts anew.
        """
        passed_ns = at_ns - self._at_ns
        if played_s is not None and self._played_s is not None:
            passed_ns = round(abs(played_s - self._played_s) * 1e9) or _AGAIN_NS
        if not 0 < passed_ns <= _LONGEST_GAP_S * 1e9:
            self._followed.clear()
        self._at_ns, self._played_s = at_ns, played_s
        at_ns = self._clock_ns = self._clock_ns + max(passed_ns, _AGAIN_NS)
        usable = [index for index, item in enumerate(items) if _is_box(item.box)][:MOST_TRACKS]
        known = self._assigned([items[index] for index in usable], at_ns)
        seen: dict[int, _Followed] = {}
        for index, one in zip(usable, known, strict=True):
            if one is not None:
                one.see(items[index], at_ns)
            seen[index] = one or self._new(items[index], at_ns)
        now = list(seen.values())
        missed = [one for one in self._followed if one not in now and one.miss()]
        self._followed = (now + missed)[:MOST_TRACKS]
        tracks = {index: one.track() for index, one in seen.items()}
        return tuple(tracks.get(index) for index in range(len(items)))

    def _new(self, item: Detection, at_ns: int) -> _Followed:
        one = _Followed(self._next_id, item, at_ns)
        self._next_id += 1
        return one

    def _assigned(self, items: Sequence[Detection], at_ns: int) -> list[_Followed | None]:
        """What was followed to each item, the best overlaps first; None for what is new."""
        found: list[_Followed | None] = [None] * len(items)
        if not items or not self._followed:
            return found
        expected = np.array([one.expected(at_ns) for one in self._followed])
        overlaps = _overlaps(_grown(np.array([item.box for item in items])), _grown(expected))
        classes = np.array([item.index for item in items])
        overlaps[classes[:, None] != [one.item.index for one in self._followed]] = 0
        rows, columns = np.nonzero(overlaps >= _LEAST_OVERLAP)
        order = np.argsort(-overlaps[rows, columns], kind="stable")
        taken: set[int] = set()
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
            if found[row] is None and column not in taken:
                found[row] = self._followed[column]
                taken.add(column)
        return found


class _Followed:
    """One object: its filters and where it has been.

    Place and size are filtered in sides of its own box, so that speed means the same for near and
    far and for every resolution.
    """

    def __init__(self, number: int, item: Detection, at_ns: int) -> None:
        self.number, self.item = number, item
        self.age, self.missed = 0, 0
        self.first_ns = self.seen_ns = at_ns
        self.trail: deque[TrailPoint] = deque(maxlen=TRAIL)
        x, y, width, height = _middle(item.box)
        self._side = math.sqrt(width * height)
        self._x = OneEuroFilter(_PLACE, x / self._side)
        self._y = OneEuroFilter(_PLACE, y / self._side)
        self._width = OneEuroFilter(_SIZE, math.log(width))
        self._height = OneEuroFilter(_SIZE, math.log(height))
        self._note(at_ns)

    def see(self, item: Detection, at_ns: int) -> None:
        """It is here now."""
        seconds = (at_ns - self.seen_ns) / 1e9
        self.item = item
        x, y, width, height = _middle(item.box)
        off = math.hypot(x - self._x.value * self._side, y - self._y.value * self._side)
        jump = off > _JUMP * max(width, height)
        self._x.update(x / self._side, seconds, jump=jump)
        self._y.update(y / self._side, seconds, jump=jump)
        self._width.update(math.log(width), seconds, jump=jump)
        self._height.update(math.log(height), seconds, jump=jump)
        self._note(at_ns)

    def miss(self) -> bool:
        """It was not seen; whether to wait for it."""
        self.missed += 1
        return self.missed <= _MOST_MISSED

    def expected(self, at_ns: int) -> Box:
        """Where it should be then, if it went on as it did."""
        seconds = (at_ns - self.seen_ns) / 1e9
        x0, y0, x1, y1 = self.item.box
        dx, dy = (speed * seconds for speed in self._velocity())
        return (x0 + dx, y0 + dy, x1 + dx, y1 + dy)

    def track(self) -> Track:
        """It as others see it."""
        return Track(
            id=self.number,
            item=_moved(self.item, self._box()),
            velocity=self._velocity(),
            age=self.age,
            first_seen_ns=self.first_ns,
            trail=tuple(self.trail),
        )

    def _note(self, at_ns: int) -> None:
        self.seen_ns, self.missed = at_ns, 0
        self.age += 1
        x, y = self._x.value * self._side, self._y.value * self._side
        self.trail.append(TrailPoint(x, y, at_ns))

    def _velocity(self) -> tuple[float, float]:
        return self._x.speed * self._side, self._y.speed * self._side

    def _box(self) -> Box:
        x, y = self._x.value * self._side, self._y.value * self._side
        width, height = math.exp(self._width.value) / 2, math.exp(self._height.value) / 2
        return (x - width, y - height, x + width, y + height)


def _is_box(box: Box) -> bool:
    x0, y0, x1, y1 = box
    return all(map(math.isfinite, box)) and x1 - x0 > 0 and y1 - y0 > 0


def _middle(box: Box) -> tuple[float, float, float, float]:
    """Middle, width and height."""
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0


def _moved(item: Detection, box: Box) -> Detection:
    """The detection with another box, its points taken along."""
    x, y, width, height = _middle(item.box)
    to_x, to_y, to_width, to_height = _middle(box)
    points = tuple(
        replace(
            point,
            x=to_x + (point.x - x) * to_width / width,
            y=to_y + (point.y - y) * to_height / height,
        )
        for point in item.points
    )
    return replace(item, box=box, points=points)


def _grown(boxes: Array) -> Array:
    """float64 [n, 4]: the boxes, larger around their middles."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    return np.hstack((middle - _GROWN * half, middle + _GROWN * half))


def _overlaps(some: Array, others: Array) -> Array:
    """Intersection over union of each with each: float64 [some, others]."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1) for boxes in (some, others)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
