"""What the bundled models' outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.core.predictions import (
    Classification,
    ClassScore,
    Detection,
    Detections,
    KeyPoint,
    Predictions,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.tensors import Array, Tensor
from backend.profiles.names import (
    BOXES,
    CLASSES,
    CONFIDENCE,
    FREQUENCY,
    POINTS,
    PROBABILITY,
    SCORES,
    TEXT,
)
from backend.profiles.notes import note_name
from backend.profiles.view import View

SURE_OF_PITCH = 0.5
"""Confidence from which a pitch is named as a note."""


@dataclass(frozen=True, slots=True)
class PlainTensors:
    """Shows the outputs as they came."""

    def decode(self, outputs: Mapping[str, Tensor], view: View) -> Predictions:  # noqa: ARG002
        """All outputs, unexplained."""
        return (Tensors(tuple(outputs.values())),)


@dataclass(frozen=True, slots=True)
class BoxDecoder:
    """Reads BOXES [n, 4], SCORES [n] and CLASSES [n], and if they are there TEXT and POINTS.

    BOXES are x0, y0, x1, y1 in source pixels; TEXT is UTF-8; POINTS [n, 4, 2] are x, y.
    """

    def decode(self, outputs: Mapping[str, Tensor], view: View) -> Predictions:
        """One detection per row, in the model's order."""
        boxes, scores = outputs[BOXES].data, outputs[SCORES].data
        classes = outputs[CLASSES].data
        if boxes.shape != (len(scores), 4) or classes.shape != scores.shape:
            raise ValueError("BOXES, SCORES and CLASSES differ in length")
        texts = outputs[TEXT].data if TEXT in outputs else [b""] * len(scores)
        corners = outputs[POINTS].data if POINTS in outputs else [()] * len(scores)
        rows = zip(boxes, scores, classes, texts, corners, strict=True)
        return (Detections(tuple(_detection(view, *row) for row in rows)),)


@dataclass(frozen=True, slots=True)
class PitchDecoder:
    """Reads FREQUENCY [1] in Hz, 0 for none, and CONFIDENCE [1]; names the note."""

    low_hz: float
    high_hz: float

    def decode(self, outputs: Mapping[str, Tensor], view: View) -> Predictions:  # noqa: ARG002
        """Frequency and confidence as numbers, the note as text."""
        frequency = float(outputs[FREQUENCY].data[0])
        confidence = float(outputs[CONFIDENCE].data[0])
        pitched = frequency > 0 and confidence >= SURE_OF_PITCH
        return (
            Scalars(
                (
                    Scalar("frequency", frequency, "Hz", self.low_hz, self.high_hz),
                    Scalar("confidence", confidence),
                )
            ),
            Text(note_name(frequency) if pitched else "no pitch"),
        )


@dataclass(frozen=True, slots=True)
class YesNoDecoder:
    """Reads the probability of the first of two classes: the output's first element."""

    output: str = PROBABILITY

    def decode(self, outputs: Mapping[str, Tensor], view: View) -> Predictions:
        """Both classes, the likelier one first."""
        probability = float(outputs[self.output].data.reshape(-1)[0])
        yes = ClassScore(view.label(0), probability, 0)
        no = ClassScore(view.label(1), 1 - probability, 1)
        return (Classification((yes, no) if probability >= 0.5 else (no, yes)),)


def _detection(
    view: View, box: Array, score: float, index: int, text: bytes, corners: Array
) -> Detection:
    x0, y0, x1, y1 = (float(value) for value in box)
    return Detection(
        box=(x0, y0, x1, y1),
        label=view.label(int(index)),
        score=float(score),
        index=int(index),
        text=text.decode("utf-8", "replace"),
        points=tuple(KeyPoint(float(x), float(y)) for x, y in corners),
    )
