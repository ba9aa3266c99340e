"""What decoders share: finding outputs, making scores, boxes and detections of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.core.predictions import Detection, KeyPoint
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.geometry import Geometry
from backend.profiles.inputs.numbers import bfloat16_values
from backend.profiles.outputs.view import SampleView
from backend.wire.media.opencv import cv2

MOST_CANDIDATES = 1000
"""Boxes that are compared with each other; the surest are kept."""

MOST_DETECTIONS = 300
"""More than this nobody can look at."""


class Activation(StrEnum):
    """What turns a model's numbers into scores of 0 to 1."""

    NONE = "none"
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"


class BoxForm(StrEnum):
    """The four numbers of a box: corners, corner and size, centre and size, or corners y first."""

    XYXY = "xyxy"
    XYWH = "xywh"
    CXCYWH = "cxcywh"
    YXYX = "yxyx"


class Unit(StrEnum):
    """Pixels of what the model sees, or parts of its width and height."""

    PIXELS = "pixels"
    NORMALISED = "normalised"


def numbers_of(outputs: Mapping[str, Tensor], name: str, rank: int) -> Array:
    """An output's numbers with so many dimensions; leading dimensions of 1 are taken off.

    '' means the first output. Raises KeyError if it is missing, ValueError for another form.
    """
    tensor = output_of(outputs, name)
    if tensor.datatype is Datatype.BYTES:
        raise ValueError(f"output '{tensor.name}' is BYTES, expected numbers")
    data = tensor.data
    if tensor.datatype is Datatype.BF16:
        data = bfloat16_values(data)
    while data.ndim > rank and data.shape[0] == 1:
        data = data[0]
    if data.ndim != rank:
        raise ValueError(
            f"output '{tensor.name}' has shape {list(tensor.shape)}, expected {rank} dimensions"
        )
    return data


def output_of(outputs: Mapping[str, Tensor], name: str) -> Tensor:
    """An output by name, the first one for ''; raises KeyError."""
    if name:
        return outputs[name]
    try:
        return next(iter(outputs.values()))
    except StopIteration:
        raise KeyError("an output") from None


def activated(values: Array, activation: Activation) -> Array:
    """Scores along the last axis, as floats: whole numbers without a sign have no negatives."""
    if activation is Activation.NONE or not values.size:
        return values if values.dtype.kind == "f" else values.astype(np.float64)
    wide = values.astype(np.float32, copy=False)
    if activation is Activation.SIGMOID:
        return np.asarray(1 / (1 + np.exp(-np.clip(wide, -80, 80))))
    with np.errstate(invalid="ignore"):  # infinite numbers give NaN, which is what they are
        powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def alone(activation: Activation) -> Activation:
    """The activation of a score of its own: softmax has nothing to weigh it against."""
    return Activation.NONE if activation is Activation.SOFTMAX else activation


def corners_of(boxes: Array, form: BoxForm, unit: Unit, geometry: Geometry) -> Array:
    """Boxes [n, 4] of any form as x0, y0, x1, y1 in source pixels."""
    values = np.nan_to_num(boxes.astype(np.float64), nan=np.nan, posinf=np.nan, neginf=np.nan)
    if form is BoxForm.YXYX:
        values = values[:, [1, 0, 3, 2]]
    elif form is not BoxForm.XYXY:
        size = values[:, 2:]
        start = values[:, :2] - (size / 2 if form is BoxForm.CXCYWH else 0)
        values = np.concatenate((start, start + size), axis=1)
    return geometry.boxes_to_source(in_pixels(values.reshape(-1, 2), unit, geometry))


def in_pixels(points: Array, unit: Unit, geometry: Geometry) -> Array:
    """Points [..., 2] in pixels of what the model sees."""
    if unit is Unit.PIXELS:
        return points
    return np.asarray(points * np.array((geometry.model_width, geometry.model_height)))


@dataclass(slots=True, eq=False)
class Candidates:
    """Boxes [n, 4] as corners in source pixels, with scores [n], classes [n] and points [n, k, 3].

    A point is x, y in source pixels and its score.
    """

    boxes: Array
    scores: Array
    classes: Array
    points: Array | None = None

    def surest(self, iou: float) -> Candidates:
        """The surest of boxes of one class that overlap by more than `iou`, best first.

        An `iou` of 1 keeps all of them.
        """
        usable = np.flatnonzero(finite_rows(self.boxes))
        scores = self.scores[usable].astype(np.float64)
        order = usable[np.argsort(-scores, kind="stable")][:MOST_CANDIDATES]
        if iou < 1:
            order = order[_apart(self.boxes[order], self.scores[order], self.classes[order], iou)]
        return self._chosen(order[:MOST_DETECTIONS])

    def detections(self, view: SampleView, names: tuple[str, ...] = ()) -> tuple[Detection, ...]:
        """One detection for each; `names` are those of the points."""
        points = self.points if self.points is not None else np.zeros((len(self.boxes), 0, 3))
        rows = zip(self.boxes, self.scores, self.classes, points, strict=True)
        return tuple(
            Detection(
                box=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                label=view.label(int(index)),
                score=float(score),
                index=int(index),
                points=key_points(places, names),
            )
            for box, score, index, places in rows
        )

    def _chosen(self, rows: Array) -> Candidates:
        points = None if self.points is None else self.points[rows]
        return Candidates(self.boxes[rows], self.scores[rows], self.classes[rows], points)


def most_sure(rows: Array, scores: Array) -> Array:
    """The rows with the best scores, in their order, as many as can be looked at."""
    if len(rows) <= MOST_DETECTIONS:
        return rows
    best = np.argpartition(-scores[rows].astype(np.float64), MOST_DETECTIONS)[:MOST_DETECTIONS]
    return np.asarray(rows[np.sort(best)])


def finite_rows(values: Array) -> Array:
    """Which rows [n, k] hold numbers only: a model that has lost its mind gives NaN."""
    return np.asarray(np.isfinite(values).all(axis=1))


def key_points(points: Array, names: tuple[str, ...]) -> tuple[KeyPoint, ...]:
    """Points [k, 3] as x, y and score, named as far as there are names."""
    return tuple(
        KeyPoint(float(x), float(y), float(score), names[place] if place < len(names) else "")
        for place, (x, y, score) in enumerate(points)
    )


def _apart(boxes: Array, scores: Array, classes: Array, iou: float) -> Array:
    """Rows that remain after greedy non-maximum suppression within each class."""
    if not len(boxes):
        return np.zeros(0, np.intp)
    sized = np.concatenate((boxes[:, :2], boxes[:, 2:] - boxes[:, :2]), axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        sized.tolist(),
        scores.astype(np.float32).tolist(),
        classes.astype(np.int32).tolist(),
        -1e30,
        iou,
    )
    return np.sort(np.asarray(kept, np.intp).reshape(-1))
