"""Predictions as JSON, for POST /predict and the command line."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, assert_never

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
    Predictions,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.tensors import Datatype, Tensor, TensorSpec, datatype_from_name
from backend.wire.elements import TensorRef, reading_reply, to_raw, wire_array
from backend.wire.oip.metadata_json import json_list, json_object, shape_of, text
from backend.wire.tensors.numbers_json import flatten, from_json_data, to_json_data

_FIRST = 8
"""How many elements a summary shows."""


def predictions_to_json(predictions: Predictions, *, summarise: bool = False) -> dict[str, Any]:
    """An object keyed by kind of prediction; arrays in it are for `write_json`.

    With `summarise`, a tensor's data give way to a checksum of its raw bytes and its first
    elements, so that two runs can be compared by eye.
    """
    return dict(_to_json(prediction, summarise=summarise) for prediction in predictions)


def plain_result(predictions: Predictions) -> Tensor | None:
    """The tensor, if the result is one plain tensor of numbers and nothing else."""
    match predictions:
        case (Tensors((tensor,)),) if tensor.datatype not in (
            Datatype.BYTES,
            Datatype.FP16,
            Datatype.BF16,
        ):
            return tensor
    return None


def prediction_value(predictions: Predictions) -> Any:
    """The `prediction` of a /predict reply: an object by kind, or the nested list of a tensor."""
    tensor = plain_result(predictions)
    if tensor is None:
        return predictions_to_json(predictions)
    data = wire_array(tensor)
    return data if data.ndim else data.item()


def predictions_from_json(value: Any, outputs: Sequence[TensorSpec]) -> Predictions:
    """What `prediction_value` wrote; a nested list becomes the first of `outputs`.

    Raises ReplyMismatch.
    """
    with reading_reply():
        if not isinstance(value, dict):
            return (Tensors((_plain_tensor(value, outputs),)),)
        unknown = [kind for kind in value if kind not in _READERS]
        if unknown:
            raise InvalidInput(
                f"unknown kind of prediction '{unknown[0]}'; known are {', '.join(_READERS)}."
            )
        try:
            return tuple(_READERS[kind](value[kind]) for kind in value)
        except (KeyError, TypeError, ValueError, OverflowError, binascii.Error) as error:
            raise InvalidInput(f"a prediction is malformed: {_why(error)}.") from error


def _why(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _to_json(prediction: Prediction, *, summarise: bool) -> tuple[str, Any]:
    match prediction:
        case Classification(classes):
            return "classification", [
                {"label": c.label, "score": c.score, "index": c.index} for c in classes
            ]
        case Detections(items):
            return "detections", [_detection_to_json(item) for item in items]
        case KeyPoints(points):
            return "key_points", [_point_to_json(point) for point in points]
        case Mask(classes, labels):
            return "mask", _mask_to_json(classes, labels)
        case Scalars(values):
            return "scalars", [
                {"name": s.name, "value": s.value, "unit": s.unit, "low": s.low, "high": s.high}
                for s in values
            ]
        case Text(text):
            return "text", text
        case Tensors(tensors):
            write = _summary if summarise else _tensor_to_json
            return "tensors", [write(tensor) for tensor in tensors]
        case _:
            assert_never(prediction)


def _detection_to_json(item: Detection) -> dict[str, Any]:
    value: dict[str, Any] = {
        "box": list(item.box),
        "label": item.label,
        "score": item.score,
        "index": item.index,
    }
    if item.text:
        value["text"] = item.text
    if item.points:
        value["points"] = [_point_to_json(point) for point in item.points]
    return value


def _point_to_json(point: KeyPoint) -> dict[str, Any]:
    return {"x": point.x, "y": point.y, "score": point.score, "label": point.label}


def _mask_to_json(classes: Any, labels: Iterable[str]) -> dict[str, Any]:
    height, width = classes.shape
    return {
        "height": height,
        "width": width,
        "classes": base64.b64encode(classes.tobytes()).decode(),
        "labels": list(labels),
    }


def _head(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}


def _tensor_to_json(tensor: Tensor) -> dict[str, Any]:
    return {**_head(tensor), "data": to_json_data(tensor, bare_nan=True)}


def _summary(tensor: Tensor) -> dict[str, Any]:
    first = [
        item.decode("utf-8", "replace") if isinstance(item, bytes) else item
        for item in tensor.data.reshape(-1)[:_FIRST].tolist()
    ]
    return {
        **_head(tensor),
        "crc32": zlib.crc32(to_raw(tensor)),
        "first": first,
    }


def _plain_tensor(value: Any, outputs: Sequence[TensorSpec]) -> Tensor:
    if len(outputs) != 1:
        raise InvalidInput(
            f"a nested list stands for the only output, and this model has {len(outputs)}."
        )
    spec = outputs[0]
    _, shape = flatten(value, f"output '{spec.name}'")
    place = TensorRef("output", spec.name, "")
    return from_json_data(value, spec.datatype, shape, place, lenient=True)


def _classification(value: Any) -> Classification:
    return Classification(
        tuple(
            ClassScore(str(item["label"]), float(item["score"]), int(item["index"]))
            for item in value
        )
    )


def _detections(value: Any) -> Detections:
    return Detections(tuple(_detection(item) for item in value))


def _detection(item: Mapping[str, Any]) -> Detection:
    x0, y0, x1, y1 = (float(edge) for edge in item["box"])
    return Detection(
        box=(x0, y0, x1, y1),
        label=str(item["label"]),
        score=float(item["score"]),
        index=int(item["index"]),
        text=str(item.get("text", "")),
        points=_points(item.get("points", ())),
    )


def _points(value: Any) -> tuple[KeyPoint, ...]:
    return tuple(
        KeyPoint(
            float(item["x"]),
            float(item["y"]),
            float(item.get("score", 1.0)),
            str(item.get("label", "")),
        )
        for item in value
    )


def _mask(value: Mapping[str, Any]) -> Mask:
    data = base64.b64decode(value["classes"], validate=True)
    height, width = int(value["height"]), int(value["width"])
    if min(height, width) < 0:
        raise ValueError(f"a mask of {height} x {width}")
    classes = np.frombuffer(data, np.uint8).reshape(height, width)
    return Mask(classes, tuple(str(label) for label in value["labels"]))


def _scalars(value: Any) -> Scalars:
    return Scalars(
        tuple(
            Scalar(
                str(item["name"]),
                float("nan") if item["value"] is None else float(item["value"]),
                str(item.get("unit", "")),
                float(item.get("low", 0.0)),
                float(item.get("high", 1.0)),
            )
            for item in value
        )
    )


def _text(value: Any) -> Text:
    return Text(str(value))


def _tensors(value: Any) -> Tensors:
    tensors = []
    for item in json_list({"tensors": value}, "tensors"):
        head = json_object(item, "A tensor")
        place = TensorRef("output", text(head, "name"), "")
        datatype = datatype_from_name(text(head, "datatype"))
        shape = shape_of(head, str(place))
        tensors.append(from_json_data(head["data"], datatype, shape, place, lenient=True))
    return Tensors(tuple(tensors))


_READERS: Mapping[str, Callable[[Any], Prediction]] = {
    "classification": _classification,
    "detections": _detections,
    "key_points": lambda value: KeyPoints(_points(value)),
    "mask": _mask,
    "scalars": _scalars,
    "text": _text,
    "tensors": _tensors,
}
