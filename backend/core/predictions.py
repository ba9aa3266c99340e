"""Decoded meaning: what a model said, in words a person and a plot understand.

Boxes, points and masks are in pixels of the source frame, x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from backend.core.tensors import Array, Tensor


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class and how sure the model is, 0 to 1."""

    label: str
    score: float
    index: int


@dataclass(frozen=True, slots=True)
class Classification:
    """Classes with their scores, best first."""

    classes: tuple[ClassScore, ...]


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """A named point in source pixels with its score, 0 to 1."""

    x: float
    y: float
    score: float = 1.0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Detection:
    """One object: box (x0, y0, x1, y1) in source pixels, class, score, and optional extras."""

    box: tuple[float, float, float, float]
    label: str
    score: float
    index: int = 0
    text: str = ""
    points: tuple[KeyPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Detections:
    """Objects found in a frame; an empty tuple means that none was found."""

    items: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class KeyPoints:
    """Points that belong to no box."""

    points: tuple[KeyPoint, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Class index per pixel: uint8 [height, width], 0 is background; labels[i] names class i.

    `foreground` is how sure the model is that a pixel is no background, uint8 [height, width] from
    0 to 255, where it says so; simple serving does not carry it.
    """

    classes: Array
    labels: tuple[str, ...]
    foreground: Array | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number with its name and unit; low and high give the plot its range."""

    name: str
    value: float
    unit: str = ""
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Scalars:
    """Plain numbers, such as a frequency in Hz."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Text the model produced."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Tensors:
    """Outputs that no decoder explains, as they came."""

    tensors: tuple[Tensor, ...]


Prediction: TypeAlias = Classification | Detections | KeyPoints | Mask | Scalars | Text | Tensors
Predictions: TypeAlias = tuple[Prediction, ...]
"""What one call gave: at most one prediction of each kind."""


_LOOKED_AT = 256
"""Pixels along each side of a mask that are counted; its shares need no more."""


def shares(mask: Mask) -> list[tuple[int, float]]:
    """The classes of a mask but its background, each with its part of all pixels, largest first."""
    height, width = mask.classes.shape
    seen = mask.classes[:: max(1, height // _LOOKED_AT), :: max(1, width // _LOOKED_AT)]
    counts = np.bincount(seen.ravel(), minlength=256).tolist()
    found = [(index, count / seen.size) for index, count in enumerate(counts) if index and count]
    return sorted(found, key=lambda item: -item[1])


def scores(predictions: Predictions) -> Iterator[tuple[str, float]]:
    """Label and score pairs for bars and timelines.

    Classes come as they are, detections as the best score of each label. Scalars in the range
    0..1 without a unit count as scores too.
    """
    for prediction in predictions:
        if isinstance(prediction, Classification):
            yield from ((c.label, c.score) for c in prediction.classes)
        elif isinstance(prediction, Detections):
            best: dict[str, float] = {}
            for item in prediction.items:
                best[item.label] = max(item.score, best.get(item.label, 0.0))
            yield from best.items()
        elif isinstance(prediction, Scalars):
            yield from (
                (s.name, s.value)
                for s in prediction.values
                if not s.unit and s.low == 0.0 and s.high == 1.0
            )


def array_bytes(predictions: Predictions) -> int:
    """How many bytes of memory the arrays among them keep."""
    found = 0
    for each in predictions:
        if isinstance(each, Mask):
            found += int(each.classes.nbytes)
        elif isinstance(each, Tensors):
            found += sum(int(tensor.data.nbytes) for tensor in each.tensors)
    return found
