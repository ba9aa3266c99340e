"""How far two predictions for the same sample agree, from 0 (not at all) to 1 (identical).

Each kind of prediction is compared by the measure that its field uses; docs/compare_two.md defines
every one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.core.predictions import (
    Classification,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Prediction,
    Predictions,
    Scalars,
    Tensors,
    Text,
)
from backend.core.tensors import Array, Tensor
from backend.side_by_side.boxes import match_boxes
from backend.side_by_side.texts import text_distance

_POINT_TOLERANCE = 0.1
"""Of the extent of all points: a point so far off agrees to exp(-1/2)."""


@dataclass(frozen=True, slots=True)
class KindAgreement:
    """Of one kind of prediction: its name, how far it agrees, and the figures behind that."""

    kind: str
    value: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one sample: that of the kind that agrees least; `identical` is to the last bit."""

    value: float
    identical: bool
    kinds: tuple[KindAgreement, ...] = ()


def agreement(a: Predictions, b: Predictions) -> Agreement:
    """How far two predictions agree; a kind that only one of them has does not."""
    ours, theirs = ({type(each): each for each in side} for side in (a, b))
    kinds = []
    for kind in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(kind), theirs.get(kind)
        if one is None or other is None:
            kinds.append(KindAgreement(_name(kind), 0.0))
        else:
            kinds.append(_of_kind(one, other))
    value = min((each.value for each in kinds), default=1.0)
    return Agreement(value, identical(a, b), tuple(kinds))


def identical(a: object, b: object) -> bool:
    """Whether two predictions are the same to the last bit; NaN is the same as NaN."""
    match a, b:
        case ((tuple() | list()), (tuple() | list())):
            return len(a) == len(b) and all(map(identical, a, b))
        case Mask(), Mask():
            return a.labels == b.labels and np.array_equal(a.classes, b.classes)
        case Tensors(), Tensors():
            return identical(a.tensors, b.tensors)
        case Tensor(), Tensor():
            same = (a.name, a.datatype, a.shape) == (b.name, b.datatype, b.shape)
            return same and _same_elements(a.data, b.data)
    return type(a) is type(b) and (a == b or repr(a) == repr(b))


def _same_elements(a: Array, b: Array) -> bool:
    numbers = a.dtype.kind in "fc" and b.dtype.kind in "fc"
    return bool(np.array_equal(a, b, equal_nan=numbers))


def _name(kind: type) -> str:
    return kind.__name__.lower()


def _of_kind(a: Prediction, b: Prediction) -> KindAgreement:
    match a, b:
        case Detections(), Detections():
            return _of_detections(a, b)
        case Classification(), Classification():
            return _of_classes(a, b)
        case KeyPoints(), KeyPoints():
            return _of_points("keypoints", a.points, b.points)
        case Mask(), Mask():
            return _of_masks(a, b)
        case Scalars(), Scalars():
            return _of_scalars(a, b)
        case Text(), Text():
            distance = text_distance(a.text, b.text)
            return KindAgreement("text", 1 - distance, {"edit_distance": distance})
        case Tensors(), Tensors():
            return _of_tensors(a, b)
    raise TypeError(f"{type(a).__name__} cannot be compared with {type(b).__name__}.")


def _of_detections(a: Detections, b: Detections) -> KindAgreement:
    """Twice the overlap of what was matched, by the number of all boxes: an F1 that IoU weighs."""
    matches = match_boxes(a.items, b.items)
    count = len(a.items) + len(b.items)
    value = 2 * sum(each.iou for each in matches) / count if count else 1.0
    pairs = [(a.items[each.a], b.items[each.b]) for each in matches]
    figures = {
        "matched": float(len(matches)),
        "only_a": float(len(a.items) - len(matches)),
        "only_b": float(len(b.items) - len(matches)),
    }
    if matches:
        figures["mean_iou"] = sum(each.iou for each in matches) / len(matches)
        figures["score_difference"] = max(abs(one.score - two.score) for one, two in pairs)
        moved = [
            _of_points("", one.points, two.points).figures.get("mean_distance_px", 0.0)
            for one, two in pairs
            if one.points or two.points
        ]
        if moved:
            figures["point_distance_px"] = max(moved)
    return KindAgreement("detections", value, figures)


def _of_classes(a: Classification, b: Classification) -> KindAgreement:
    """The mean of whether the best is the same, and of what the scores have in common.

    The scores' distance is that of Bray and Curtis: differences by sums, 0 to 1.
    """
    ours, theirs = ({c.label: c.score for c in side.classes} for side in (a, b))
    if not ours and not theirs:
        return KindAgreement("classification", 1.0, {"same_top_1": 1.0, "score_distance": 0.0})
    labels = ours.keys() | theirs.keys()
    pairs = [(ours.get(label, 0.0), theirs.get(label, 0.0)) for label in labels]
    total = sum(abs(one) + abs(two) for one, two in pairs)
    distance = sum(abs(one - two) for one, two in pairs) / total if total else 0.0
    top = [side.classes[0].label if side.classes else None for side in (a, b)]
    same = float(top[0] == top[1])
    value = (same + 1 - distance) / 2
    return KindAgreement(
        "classification", _finite(value), {"same_top_1": same, "score_distance": distance}
    )


def _of_points(kind: str, a: Sequence[KeyPoint], b: Sequence[KeyPoint]) -> KindAgreement:
    """A Gaussian of each point's distance, as in COCO's object key point similarity, averaged."""
    count = max(len(a), len(b))
    if not count:
        return KindAgreement(kind, 1.0)
    ours = {point.label or str(place): point for place, point in enumerate(a)}
    theirs = {point.label or str(place): point for place, point in enumerate(b)}
    both = [(ours[name], theirs[name]) for name in ours if name in theirs]
    distances = [math.hypot(one.x - two.x, one.y - two.y) for one, two in both]
    everything = [*a, *b]
    extent = math.hypot(
        max(p.x for p in everything) - min(p.x for p in everything),
        max(p.y for p in everything) - min(p.y for p in everything),
    )
    scale = _POINT_TOLERANCE * max(extent, 1.0)
    value = sum(math.exp(-((each / scale) ** 2) / 2) for each in distances) / count
    figures = {"points": float(len(both))}
    if distances:
        figures["mean_distance_px"] = sum(distances) / len(distances)
        figures["max_distance_px"] = max(distances)
    return KindAgreement(kind, _finite(value), figures)


def _of_masks(a: Mask, b: Mask) -> KindAgreement:
    """The mean overlap (IoU) of every class that either has, background included."""
    if a.classes.shape != b.classes.shape:
        return KindAgreement("mask", 0.0)
    size = 256
    joint = np.bincount(
        a.classes.ravel().astype(np.int64) * size + b.classes.ravel(), minlength=size * size
    ).reshape(size, size)
    both = np.diagonal(joint)
    either = joint.sum(axis=0) + joint.sum(axis=1) - both
    present = either > 0
    value = float((both[present] / either[present]).mean()) if present.any() else 1.0
    same = float(both.sum() / max(1, joint.sum()))
    return KindAgreement("mask", value, {"mean_iou": value, "same_pixels": same})


def _of_scalars(a: Scalars, b: Scalars) -> KindAgreement:
    """One less each difference by the scalar's range, of the one that differs most."""
    ours, theirs = ({each.name: each for each in side.values} for side in (a, b))
    if ours.keys() != theirs.keys():
        return KindAgreement("scalars", 0.0)
    worst, largest = 0.0, 0.0
    for name, one in ours.items():
        difference = abs(one.value - theirs[name].value)
        span = one.high - one.low or max(abs(one.value), abs(theirs[name].value)) or 1.0
        largest = max(largest, difference)
        worst = max(worst, min(1.0, difference / span))
    return KindAgreement("scalars", 1 - worst, {"largest_difference": largest})


def _of_tensors(a: Tensors, b: Tensors) -> KindAgreement:
    """One less the mean difference by the mean size of elements, of the tensor that differs most.

    Elements that are no numbers agree where they are equal.
    """
    ours, theirs = ({each.name: each for each in side.tensors} for side in (a, b))
    if ours.keys() != theirs.keys():
        return KindAgreement("tensors", 0.0)
    value, largest = 1.0, 0.0
    for name, one in ours.items():
        other = theirs[name]
        if one.shape != other.shape or one.data.dtype.kind not in "biuf":
            value = min(value, float(_same_elements(one.data, other.data)))
            continue
        x, y = one.data.astype(np.float64), other.data.astype(np.float64)
        with np.errstate(invalid="ignore"):
            difference = np.where(np.isnan(x) & np.isnan(y) | (x == y), 0.0, np.abs(x - y))
        size = float(np.nansum(np.abs(x)) + np.nansum(np.abs(y)))
        apart = float(difference.sum()) / size if size else float(difference.any())
        value = min(value, 1 - min(1.0, apart) if math.isfinite(apart) else 0.0)
        largest = max(largest, float(difference.max(initial=0.0)))
    return KindAgreement("tensors", value, {"largest_difference": largest})


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
