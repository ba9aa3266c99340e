"""Finds people who stand or walk, with the HOG detector that ships inside OpenCV."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from backend.core.tensors import Array, Tensor
from backend.models.bundled.detections import FoundObject, box_tensors
from backend.models.bundled.inputs import picture
from backend.models.bundled.scaling import grey, shrunk
from backend.models.contract import BundledModel
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.opencv import cv2

_SIDE = 640
_WINDOW = (64, 128)
_STRIDE = (8, 8)
_PADDING = (8, 8)
_STEP = 1.05

# The window leaves room around the person: these parts of it, at each side and above and below.
_ROOM_BESIDE, _ROOM_ABOVE = 0.22, 0.10


class People(BundledModel):
    """Histograms of oriented gradients and a linear classifier (Dalal and Triggs, 2005).

    People must stand free, be seen from head to feet and fill at least a fifth of the picture's
    longer side. The score is the logistic function of the distance from the classifier's plane.
    """

    platform = "opencv_hog"

    def __init__(self, profile: ModelProfile) -> None:
        super().__init__(profile)
        self._hog = cv2.HOGDescriptor()
        weights = np.array(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32)
        self._hog.setSVMDetector(weights)

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The picture in grey."""
        return grey(picture(inputs))

    def infer(self, prepared: Array) -> list[FoundObject]:
        """Every person, in pixels of the picture."""
        light, scale = shrunk(prepared, _SIDE)
        height, width = light.shape
        if width + 2 * _PADDING[0] < _WINDOW[0] or height + 2 * _PADDING[1] < _WINDOW[1]:
            return []
        boxes, distances = self._hog.detectMultiScale(
            light, hitThreshold=0.0, winStride=_STRIDE, padding=_PADDING, scale=_STEP
        )
        found = (
            FoundObject(_without_room(*box), 0, 1 / (1 + math.exp(-float(distance))))
            for box, distance in zip(boxes, distances, strict=True)
        )
        return [person.enlarged(scale) for person in found]

    def finish(self, raw: list[FoundObject]) -> tuple[Tensor, ...]:
        """The boxes, surest first."""
        return box_tensors(raw)


def _without_room(
    x: float, y: float, width: float, height: float
) -> tuple[float, float, float, float]:
    beside, above = _ROOM_BESIDE * width, _ROOM_ABOVE * height
    return (x + beside, y + above, x + width - beside, y + height - above)
