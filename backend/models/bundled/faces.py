"""Finds faces that look at the camera, with the Haar cascade that ships inside OpenCV."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from backend.core.errors import NotReady
from backend.core.tensors import Array, Tensor
from backend.models.bundled.detections import FoundObject, box_tensors
from backend.models.bundled.inputs import picture
from backend.models.bundled.scaling import grey, shrunk
from backend.models.contract import BundledModel
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.opencv import cv2

_CASCADE = "haarcascade_frontalface_alt2.xml"

_LAST_STAGE = 53.7556
"""What a window must exceed in the cascade's last stage, as written in its file."""

_SPREAD = 2.0
"""Excess over the last stage at which the score is 0.63."""

_SIDES = (336, 640)
"""Longest side of the first look and of the closer one."""

_SMALLEST = 20
"""Smallest face looked for, in pixels of the smaller picture: the size the cascade was made for."""

_STEP = 1.15
_NEIGHBOURS = 3


class Faces(BundledModel):
    """Looks for large faces first, and closer for small ones only where there is no large one.

    The first look finds faces from about 6 percent of the picture's longer side, the closer one
    from about 3 percent, at four times the cost. So a face in front of the camera is answered
    quickly, and a group from afar is found too; small faces behind a large one are left out.
    """

    platform = "opencv_cascade"

    def __init__(self, profile: ModelProfile) -> None:
        super().__init__(profile)
        path = str(Path(cv2.__file__).parent / "data" / _CASCADE)
        self._cascade = cv2.CascadeClassifier(path)
        if self._cascade.empty():
            raise NotReady(
                f"OpenCV came without its face cascade: {path} cannot be read.",
                hint="Install opencv-python 4.12 or a later 4.x from PyPI.",
            )

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The picture in grey."""
        return grey(picture(inputs))

    def infer(self, prepared: Array) -> list[FoundObject]:
        """Every face, in pixels of the picture."""
        for side in _SIDES:
            small, scale = shrunk(prepared, side)
            found = self._find(small)
            if found or scale == 1:
                break
        return [face.enlarged(scale) for face in found]

    def finish(self, raw: list[FoundObject]) -> tuple[Tensor, ...]:
        """The boxes, surest first."""
        return box_tensors(raw)

    def _find(self, light: Array) -> list[FoundObject]:
        if min(light.shape) < _SMALLEST:
            return []
        boxes, _, weights = self._cascade.detectMultiScale3(
            light,
            scaleFactor=_STEP,
            minNeighbors=_NEIGHBOURS,
            minSize=(_SMALLEST, _SMALLEST),
            outputRejectLevels=True,
        )
        return [
            FoundObject((x, y, x + width, y + height), 0, _score(float(weight)))
            for (x, y, width, height), weight in zip(boxes, weights, strict=True)
        ]


def _score(weight: float) -> float:
    """How sure the cascade is, 0 to 1, from the sum of its last stage."""
    return 1 - math.exp(-max(weight - _LAST_STAGE, 0) / _SPREAD)
