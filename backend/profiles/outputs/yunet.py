"""The twelve outputs of the YuNet face detector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import Detections, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.options import option
from backend.profiles.outputs.grids import cells
from backend.profiles.outputs.parts import Candidates, numbers_of
from backend.profiles.outputs.view import SampleView

STRIDES = (8, 16, 32)

YUNET_POINTS = ("right eye", "left eye", "nose", "right mouth corner", "left mouth corner")
"""Named as the person would, in the order in which the model gives them."""

_LARGEST_EXPONENT = 20.0


@dataclass(frozen=True, slots=True)
class YunetDecoder:
    """Reads cls_S, obj_S, bbox_S and kps_S for the strides S of 8, 16 and 32.

    A cell of the grid gives ``score = sqrt(cls * obj)``, a centre ``(cell + bbox[:2]) * S``, a
    size ``exp(bbox[2:]) * S`` and five points ``(cell + kps) * S`` (W. Wu, H. Peng, S. Yu:
    YuNet, Machine Intelligence Research, 2023).
    """

    threshold: float = option(0.7, "Smallest score that counts.", low=0, high=1)
    iou: float = option(0.3, "Overlap above which the less sure box goes.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """Faces with five points, best first."""
        parts = [self._at(stride, outputs, view) for stride in STRIDES]
        boxes, scores, points = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        geometry = view.geometry
        places = np.ones((*points.shape[:2], 3))
        places[..., :2] = geometry.points_to_source(points)
        found = Candidates(
            geometry.boxes_to_source(boxes), scores, np.zeros(len(scores), np.int64), places
        )
        return (Detections(found.surest(self.iou).detections(view, YUNET_POINTS)),)

    def _at(
        self, stride: int, outputs: Mapping[str, Tensor], view: SampleView
    ) -> tuple[Array, Array, Array]:
        """Boxes [n, 4], scores [n] and points [n, 5, 2] of one grid, in model pixels."""
        named = {
            part: numbers_of(outputs, f"{part}_{stride}", 2)
            for part in ("cls", "obj", "bbox", "kps")
        }
        product = np.clip(named["cls"][:, 0], 0, 1) * np.clip(named["obj"][:, 0], 0, 1)
        rows = np.flatnonzero(product >= self.threshold**2)
        places = cells(len(product), -(-view.geometry.model_width // stride))[rows]
        raw = named["bbox"][rows].astype(np.float64)
        centre = (places + raw[:, :2]) * stride
        half = np.exp(np.minimum(raw[:, 2:], _LARGEST_EXPONENT)) * stride / 2
        boxes = np.concatenate((centre - half, centre + half), axis=1)
        points = (places[:, np.newaxis] + named["kps"][rows].reshape(-1, 5, 2)) * stride
        return boxes, np.sqrt(product[rows]), points
