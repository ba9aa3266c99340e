"""Predictions as what viewers draw over a picture."""

from __future__ import annotations

from collections.abc import Iterator

from backend.core.predictions import Classification, Detections, KeyPoint, KeyPoints, Predictions
from backend.core.predictions import Text as TextPrediction
from backend.wire.recording.messages import (
    Color,
    ImageAnnotations,
    Point2,
    PointsAnnotation,
    TextAnnotation,
    Time,
)

_LINE = Color(0.0, 0.75, 0.65, 1.0)
_NONE = Color(0.0, 0.0, 0.0, 0.0)
_TEXT = Color(1.0, 1.0, 1.0, 1.0)
_BEHIND = Color(0.0, 0.0, 0.0, 0.6)
_THICKNESS, _POINT_THICKNESS, _FONT = 2.0, 4.0, 14.0
_POINTS, _CLOSED_LINE = 1, 2
_CLASSES = 3


def annotations_of(predictions: Predictions, timestamp: Time) -> ImageAnnotations | None:
    """Boxes, points and texts in pixels of the source; None if there is nothing to be drawn."""
    points: list[PointsAnnotation] = []
    texts: list[TextAnnotation] = []
    drawn = False
    for prediction in predictions:
        match prediction:
            case Detections(items):
                drawn = True
                for item in items:
                    points.append(_box(item.box, timestamp))
                    label = f"{item.text or item.label} {item.score:.2f}"
                    texts.append(_text(item.box[0], item.box[1], label, timestamp))
                    points += _points(item.points, timestamp)
            case KeyPoints(found):
                drawn = True
                points += _points(found, timestamp)
            case Classification(classes):
                drawn = True
                for row, best in enumerate(classes[:_CLASSES]):
                    line = f"{best.label} {best.score:.2f}"
                    texts.append(_text(_FONT, (row + 2) * _FONT, line, timestamp))
            case TextPrediction(text):
                drawn = True
                texts.append(_text(_FONT, 2 * _FONT, text, timestamp))
    return ImageAnnotations((), tuple(points), tuple(texts)) if drawn else None


def _box(box: tuple[float, float, float, float], timestamp: Time) -> PointsAnnotation:
    x0, y0, x1, y1 = box
    corners = (Point2(x0, y0), Point2(x1, y0), Point2(x1, y1), Point2(x0, y1))
    return PointsAnnotation(timestamp, _CLOSED_LINE, corners, _LINE, (), _NONE, _THICKNESS)


def _points(found: tuple[KeyPoint, ...], timestamp: Time) -> Iterator[PointsAnnotation]:
    if found:
        places = tuple(Point2(point.x, point.y) for point in found)
        yield PointsAnnotation(timestamp, _POINTS, places, _LINE, (), _LINE, _POINT_THICKNESS)


def _text(x: float, y: float, text: str, timestamp: Time) -> TextAnnotation:
    return TextAnnotation(timestamp, Point2(x, y), text, _FONT, _TEXT, _BEHIND)
