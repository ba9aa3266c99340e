"""Predictions in the messages of simple serving."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.predictions import (
    Classification,
    ClassScore,
    Detection,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Prediction,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.wire.generated import modelserving_pb2 as pb
from backend.wire.serving.tensors import from_tensor_list, to_tensor_list


def fill(message: pb.Prediction, prediction: Prediction, *, raw: bool) -> None:
    """Put one prediction into a message; `raw` is for plain tensors."""
    match prediction:
        case Classification(classes):
            message.classification.CopyFrom(_classification(classes))
        case Detections(items):
            message.detections.CopyFrom(pb.Detections(items=[_detection(i) for i in items]))
        case KeyPoints(points):
            message.key_points.CopyFrom(pb.KeyPoints(points=[_point(p) for p in points]))
        case Mask():
            message.mask.CopyFrom(_mask(prediction))
        case Scalars(values):
            message.scalars.CopyFrom(pb.Scalars(values=[_scalar(value) for value in values]))
        case Text(text):
            message.text.CopyFrom(pb.Text(text=text))
        case Tensors(tensors):
            to_tensor_list(tensors, message.tensors, raw=raw)
        case _:
            assert_never(prediction)


def from_message(message: pb.Prediction) -> Prediction:
    """The prediction in a message; raises InvalidInput if it is malformed or of a newer kind."""
    match message.WhichOneof("kind"):
        case "classification":
            return Classification(
                tuple(ClassScore(c.label, c.score, c.index) for c in message.classification.classes)
            )
        case "detections":
            return Detections(tuple(_detection_of(item) for item in message.detections.items))
        case "key_points":
            return KeyPoints(_points_of(message.key_points.points))
        case "mask":
            return _mask_of(message.mask)
        case "scalars":
            return Scalars(
                tuple(
                    Scalar(s.name, s.value, s.unit, s.low, s.high) for s in message.scalars.values
                )
            )
        case "text":
            return Text(message.text.text)
        case "tensors":
            return Tensors(from_tensor_list(message.tensors, "output", ""))
        case _:
            raise InvalidInput("a prediction is of a kind that is not known here.")


def _classification(classes: Iterable[ClassScore]) -> pb.Classification:
    return pb.Classification(
        classes=[
            pb.Classification.ClassScore(label=c.label, score=c.score, index=c.index)
            for c in classes
        ]
    )


def _detection(item: Detection) -> pb.Detections.Detection:
    x0, y0, x1, y1 = item.box
    return pb.Detections.Detection(
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        label=item.label,
        score=item.score,
        index=item.index,
        text=item.text,
        points=[_point(point) for point in item.points],
    )


def _detection_of(item: pb.Detections.Detection) -> Detection:
    return Detection(
        box=(item.x0, item.y0, item.x1, item.y1),
        label=item.label,
        score=item.score,
        index=item.index,
        text=item.text,
        points=_points_of(item.points),
    )


def _point(point: KeyPoint) -> pb.KeyPoint:
    return pb.KeyPoint(x=point.x, y=point.y, score=point.score, label=point.label)


def _points_of(points: Iterable[pb.KeyPoint]) -> tuple[KeyPoint, ...]:
    return tuple(KeyPoint(p.x, p.y, p.score, p.label) for p in points)


def _scalar(value: Scalar) -> pb.Scalars.Scalar:
    return pb.Scalars.Scalar(
        name=value.name, value=value.value, unit=value.unit, low=value.low, high=value.high
    )


def _mask(mask: Mask) -> pb.Mask:
    height, width = mask.classes.shape
    return pb.Mask(
        height=height, width=width, classes=mask.classes.tobytes(), labels=list(mask.labels)
    )


def _mask_of(message: pb.Mask) -> Mask:
    expected = message.height * message.width
    if len(message.classes) != expected:
        raise InvalidInput(
            f"a mask of {message.height} x {message.width} needs {expected} bytes, "
            f"got {len(message.classes)}."
        )
    classes = np.frombuffer(message.classes, np.uint8).reshape(message.height, message.width)
    return Mask(classes, tuple(message.labels))
