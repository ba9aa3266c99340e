"""Outputs that give a class for every pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.core.predictions import Mask, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.geometry import Geometry
from backend.profiles.options import option
from backend.profiles.outputs.parts import numbers_of
from backend.profiles.outputs.view import SampleView
from backend.wire.media.opencv import cv2

_MOST_CLASSES = 256


class MaskForm(StrEnum):
    """What the output holds.

    SCORES_FIRST is a number per class and pixel, [classes, height, width]; SCORES_LAST the same as
    [height, width, classes]; CLASSES the class of each pixel; FOREGROUND how much of each pixel
    is foreground.
    """

    SCORES_FIRST = "scores first"
    SCORES_LAST = "scores last"
    CLASSES = "classes"
    FOREGROUND = "foreground"


@dataclass(frozen=True, slots=True)
class MaskDecoder:
    """Reads a segmentation of any size and lays it over the source picture.

    The mask has the source's size; what the model did not see is background.
    """

    output: str = option("", "Output to read; empty for the first.")
    form: MaskForm = option(MaskForm.SCORES_FIRST, "What the output holds.")
    threshold: float = option(0.5, "Foreground from here on, for form 'foreground'.")

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The mask; classes above 255 are shown as 255."""
        geometry = view.geometry
        if self.form is not MaskForm.FOREGROUND:
            return (Mask(_over_source(self._classes(outputs), geometry), view.labels),)
        values = _plane(outputs, self.output)
        classes = _over_source(np.asarray(values >= self.threshold, np.uint8), geometry)
        sure = np.clip(np.nan_to_num(values.astype(np.float32)), 0, 1) * 255
        smooth = _over_source(sure.astype(np.uint8), geometry, smooth=True)
        return (Mask(classes, view.labels, smooth),)

    def _classes(self, outputs: Mapping[str, Tensor]) -> Array:
        """The class of each pixel of the output: uint8 [height, width]."""
        match self.form:
            case MaskForm.SCORES_FIRST:
                return _best(numbers_of(outputs, self.output, 3))
            case MaskForm.SCORES_LAST:
                return _best(np.moveaxis(numbers_of(outputs, self.output, 3), 2, 0))
            case _:
                return np.clip(_plane(outputs, self.output), 0, _MOST_CLASSES - 1).astype(np.uint8)


def _plane(outputs: Mapping[str, Tensor], name: str) -> Array:
    """[height, width], whether the one channel comes first or last."""
    try:
        return numbers_of(outputs, name, 2)
    except ValueError:
        values = numbers_of(outputs, name, 3)
        if values.shape[2] != 1:
            raise
        return values[:, :, 0]


def _best(scores: Array) -> Array:
    """The best class of each pixel; plane by plane, which is several times faster than argmax."""
    best = scores[0].copy()
    classes = np.zeros(best.shape, np.uint8)
    for index in range(1, min(len(scores), _MOST_CLASSES)):
        better = scores[index] > best
        np.copyto(best, scores[index], where=better)
        np.copyto(classes, np.uint8(index), where=better)
    return classes


def _over_source(classes: Array, geometry: Geometry, *, smooth: bool = False) -> Array:
    """What is said of each pixel, uint8 [height, width], in source pixels."""
    if (geometry.source_width, geometry.source_height) == (1, 1) or not classes.size:
        return classes
    height, width = classes.shape
    x0, y0, x1, y1 = geometry.model_region
    left, right = _scaled(x0, x1, width / geometry.model_width, width)
    top, bottom = _scaled(y0, y1, height / geometry.model_height, height)
    sx0, sy0, sx1, sy1 = geometry.source_region
    shown = cv2.resize(
        np.ascontiguousarray(classes[top:bottom, left:right]),
        (sx1 - sx0, sy1 - sy0),
        interpolation=cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST,
    )
    if shown.shape == (geometry.source_height, geometry.source_width):
        return np.asarray(shown)
    mask = np.zeros((geometry.source_height, geometry.source_width), np.uint8)
    mask[sy0:sy1, sx0:sx1] = shown
    return mask


def _scaled(start: int, end: int, factor: float, size: int) -> tuple[int, int]:
    """A stretch in the output's own pixels, at least one of them."""
    first = min(round(start * factor), size - 1)
    return first, max(first + 1, min(round(end * factor), size))
