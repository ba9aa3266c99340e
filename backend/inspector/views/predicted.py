"""What was predicted, a line for each thing, so that two answers can be compared."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.predictions import (
    Classification,
    Detection,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Prediction,
    Predictions,
    Scalars,
    Text,
    shares,
)

_MOST_CLASSES = 20


def prediction_lines(predictions: Predictions) -> tuple[str, ...]:
    """Label, score and place of everything, best first as the model gave it."""
    return tuple(line for prediction in predictions for line in _lines(prediction))


def _lines(prediction: Prediction) -> Sequence[str]:
    match prediction:
        case Classification(classes):
            return [f"{one.label}  {one.score:.3f}" for one in classes[:_MOST_CLASSES]]
        case Detections(items):
            return [_detection(one) for one in items]
        case KeyPoints(points):
            return list(map(_point, points))
        case Mask():
            return [
                f"{_label(prediction, index)}  {100 * share:.1f} %"
                for index, share in shares(prediction)
            ]
        case Scalars(values):
            return [f"{one.name}  {one.value:.6g} {one.unit}".rstrip() for one in values]
        case Text(text):
            return text.splitlines()
        case _:
            return ()


def _detection(one: Detection) -> str:
    x0, y0, x1, y1 = (round(side, 1) for side in one.box)
    words = [one.label or f"class {one.index}", f"{one.score:.3f}"]
    words.append(f"({x0:g}, {y0:g}) - ({x1:g}, {y1:g})")
    words += [one.text] if one.text else []
    return "  ".join([*words, *map(_point, one.points)])


def _point(point: KeyPoint) -> str:
    return f"{point.label} ({point.x:.1f}, {point.y:.1f})  {point.score:.2f}".strip()


def _label(mask: Mask, index: int) -> str:
    named = mask.labels[index] if index < len(mask.labels) else ""
    return named or f"class {index}"
