"""Time series of a model's scores: who is drawn, in which place, and where the line breaks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import (
    Classification,
    Detections,
    Mask,
    Predictions,
    Scalar,
    Scalars,
    scores,
    shares,
)
from backend.core.tensors import Array
from gui.views.class_hues import class_name

LATCH_NS = 10_000_000_000
"""A label keeps its line and colour for at least this long after it was last among the best."""
YIELD_NS = 1_000_000_000
"""To the best label of all it gives way after so long: that one must not be missing."""

_GAP_MIN_S = 0.5
_GAP_INTERVALS = 3.0


@dataclass(frozen=True, slots=True)
class Scored:
    """One label of a prediction, as shown, with its score."""

    label: str
    score: float


def scored(predictions: Predictions) -> list[Scored]:
    """Every label with a score, best first; classes without a name are called "class 17".

    Those of a mask count by their part of the picture.
    """
    indices: dict[str, int] = {}
    for prediction in predictions:
        if isinstance(prediction, Classification):
            indices |= {item.label: item.index for item in prediction.classes}
        elif isinstance(prediction, Detections):
            indices |= {item.label: item.index for item in prediction.items}
    found = [
        Scored(class_name(label, indices.get(label, 0)), float(score))
        for label, score in scores(predictions)
        if np.isfinite(score)
    ]
    for prediction in predictions:
        if isinstance(prediction, Mask):
            labels = dict(enumerate(prediction.labels))
            found += [
                Scored(class_name(labels.get(at, ""), at), part) for at, part in shares(prediction)
            ]
    return sorted(found, key=lambda item: -item.score)


def measured(predictions: Predictions) -> list[Scalar]:
    """The scalars that have a range of their own, such as a pitch in Hz."""
    return [
        value
        for prediction in predictions
        if isinstance(prediction, Scalars)
        for value in prediction.values
        if (value.unit or (value.low, value.high) != (0.0, 1.0)) and np.isfinite(value.value)
    ]


class Latch:
    """Gives a fixed number of places to labels, so that lines do not swap colours."""

    def __init__(self, places: int) -> None:
        self._labels: list[str | None] = [None] * places
        self._last_best_ns = [0] * places

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Who holds each place."""
        return tuple(self._labels)

    def update(self, best: Iterable[str], now_ns: int) -> list[int]:
        """Let the best labels in, best first, where there is room; places that changed hands."""
        changed = []
        for rank, label in enumerate(best):
            if label in self._labels:
                self._last_best_ns[self._labels.index(label)] = now_ns
                continue
            place = self._free(now_ns, LATCH_NS if rank else YIELD_NS)
            if place is not None:
                self._labels[place], self._last_best_ns[place] = label, now_ns
                changed.append(place)
        return changed

    def _free(self, now_ns: int, after_ns: int) -> int | None:
        """An empty place, else the one whose label has been away longest and long enough."""
        if None in self._labels:
            return self._labels.index(None)
        place = min(range(len(self._labels)), key=lambda at: self._last_best_ns[at])
        return place if now_ns - self._last_best_ns[place] >= after_ns else None


class SeriesRing:
    """Points of one line with the number of the prediction they came from, oldest dropped."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._data = np.zeros((3, 2 * capacity))
        self._count = 0

    def append(self, at_s: float, value: float, step: int) -> None:
        """Add a point; `step` counts predictions, so that one without this label is seen."""
        slot = self._count % self._capacity
        for at in (slot, slot + self._capacity):
            self._data[:, at] = at_s, value, step
        self._count += 1

    def clear(self) -> None:
        """Forget every point."""
        self._count = 0

    def since(self, start_s: float) -> Array:
        """[time, value, step] x n of the points at or after `start_s`, oldest first."""
        kept = min(self._count, self._capacity)
        end = self._count % self._capacity + self._capacity
        window = self._data[:, end - kept : end]
        # numpy's own search lets go of the interpreter, and gets it back late among busy threads.
        return window[:, bisect_left(window[0], start_s) :]


def joined(points: Array) -> Array:
    """uint8 [n]: 1 where a point is joined to the next, 0 where the line breaks.

    It breaks where a prediction in between did not name the label, and where nothing came for
    half a second or three usual intervals, whichever is longer.
    """
    join = np.zeros(points.shape[1], np.uint8)
    if points.shape[1] > 1:
        steps = np.diff(points[0])
        usual = float(np.partition(steps, len(steps) // 2)[len(steps) // 2])
        limit = max(_GAP_MIN_S, _GAP_INTERVALS * usual)
        join[:-1] = (steps <= limit) & (np.diff(points[2]) == 1)
    return join


def polyline(points: Array) -> tuple[Array, Array, Array]:
    """x, y and joins to draw; a point with no neighbour becomes a short dash, so that it shows."""
    join = joined(points)
    alone = (join == 0) & (np.concatenate(([0], join[:-1])) == 0)
    if not alone.any():
        return points[0], points[1], join
    twice = np.where(alone, 2, 1)
    x, y, ends = (np.repeat(row, twice) for row in (points[0], points[1], join))
    first = np.flatnonzero(alone) + np.arange(np.count_nonzero(alone))
    ends[first] = 1
    x[first + 1] += 0.1
    return x, y, ends


def value_at(points: Array, at_s: float) -> float | None:
    """The value of the newest point at or before that time, or None where the line has a gap."""
    place = int(np.searchsorted(points[0], at_s, side="right")) - 1
    if place < 0:
        return None
    last = place == points.shape[1] - 1
    held = at_s - points[0, place] <= _GAP_MIN_S if last else bool(joined(points)[place])
    return float(points[1, place]) if held or at_s == points[0, place] else None
