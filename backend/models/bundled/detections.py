"""What finders give: boxes, scores and classes of the objects in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Datatype, Tensor
from backend.profiles.names import BOXES, CLASSES, SCORES


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One object: box x0, y0, x1, y1 in pixels of the picture, class index, score 0 to 1."""

    box: tuple[float, float, float, float]
    index: int
    score: float

    def enlarged(self, scale: float) -> FoundObject:
        """The same object in a picture that is that many times larger."""
        x0, y0, x1, y1 = self.box
        return FoundObject((x0 * scale, y0 * scale, x1 * scale, y1 * scale), self.index, self.score)


def box_tensors(found: Sequence[FoundObject]) -> tuple[Tensor, ...]:
    """BOXES [n, 4], SCORES [n] and CLASSES [n], the surest first and then from left to right."""
    ordered = in_order(found)
    boxes = np.array([item.box for item in ordered], np.float32).reshape(-1, 4)
    scores = np.array([item.score for item in ordered], np.float32)
    classes = np.array([item.index for item in ordered], np.int64)
    return (
        Tensor(BOXES, Datatype.FP32, boxes),
        Tensor(SCORES, Datatype.FP32, scores),
        Tensor(CLASSES, Datatype.INT64, classes),
    )


def in_order(found: Sequence[FoundObject]) -> list[FoundObject]:
    """The same order for the same set, whatever order it was found in."""
    return sorted(found, key=lambda item: (-item.score, item.box, item.index))
