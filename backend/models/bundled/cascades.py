"""The cascades of boosted classifiers that ship inside OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import NotReady
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2


@dataclass(frozen=True, slots=True)
class Window:
    """A square that passed every stage: left, top and side in pixels, and its last stage's sum."""

    left: float
    top: float
    side: float
    weight: float

    def moved(self, scale: float, left: float = 0.0, top: float = 0.0) -> Window:
        """The same square in a picture that is `scale` times larger, then shifted."""
        return Window(
            self.left * scale + left, self.top * scale + top, self.side * scale, self.weight
        )

    def overlap(self, other: Window) -> float:
        """Intersection over union."""
        width = min(self.left + self.side, other.left + other.side) - max(self.left, other.left)
        height = min(self.top + self.side, other.top + other.side) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        return width * height / (self.side**2 + other.side**2 - width * height)


class Cascade:
    """One cascade file of OpenCV, whose windows are `smallest` pixels a side.

    After P. Viola and M. Jones, "Rapid object detection using a boosted cascade of simple
    features", CVPR 2001. Raises NotReady if OpenCV came without the file.
    """

    def __init__(self, file: str, smallest: int) -> None:
        path = str(Path(cv2.__file__).parent / "data" / file)
        self.smallest = smallest
        self._classifier = cv2.CascadeClassifier(path)
        if self._classifier.empty():
            raise NotReady(
                f"OpenCV came without its face cascade: {path} cannot be read.",
                hint="Install opencv-python 4.12 or a later 4.x from PyPI.",
            )

    def windows(self, light: Array, largest: int, step: float) -> list[Window]:
        """Every window that passes in uint8 [height, width], from `smallest` to `largest` pixels.

        Each size is `step` times the one before. OpenCV leaves out windows with little contrast.
        """
        if min(light.shape) < self.smallest:
            return []
        boxes, _, weights = self._classifier.detectMultiScale3(
            light,
            scaleFactor=step,
            minNeighbors=0,
            minSize=(self.smallest, self.smallest),
            maxSize=(largest, largest),
            outputRejectLevels=True,
        )
        return [
            Window(float(x), float(y), float(side), float(weight))
            for (x, y, side, _), weight in zip(boxes, weights, strict=True)
        ]
