"""Where a point of what the model sees lies in the picture it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.core.tensors import Array


class Fit(StrEnum):
    """How a picture is brought to the model's size.

    STRETCH ignores the proportions; LETTERBOX keeps them and pads both sides; CORNER keeps them
    and pads right and below; CROP keeps them and cuts the middle out.
    """

    STRETCH = "stretch"
    LETTERBOX = "letterbox"
    CORNER = "corner"
    CROP = "crop"


@dataclass(frozen=True, slots=True)
class Geometry:
    """Source and model size in pixels, and the map between them: model = source * scale + offset.

    Coordinates are continuous, with (0, 0) the upper left corner of the upper left pixel.
    """

    source_width: int
    source_height: int
    model_width: int
    model_height: int
    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0

    @classmethod
    def same(cls, width: int = 1, height: int = 1) -> Geometry:
        """The model sees the source as it is."""
        return cls(width, height, width, height)

    @classmethod
    def fitted(
        cls, source: tuple[int, int], model: tuple[int, int], fit: Fit, crop_share: float = 1.0
    ) -> Geometry:
        """A source (width, height) brought to the model's (width, height).

        `crop_share` is the part of the largest possible crop that is kept.
        """
        (source_w, source_h), (model_w, model_h) = source, model
        if fit is Fit.STRETCH:
            scale = (model_w / source_w, model_h / source_h)
            return cls(*source, *model, *scale)
        if fit is Fit.CROP:
            return cls._cropped(source, model, crop_share)
        factor = min(model_w / source_w, model_h / source_h)
        inner_w = min(model_w, max(1, round(source_w * factor)))
        inner_h = min(model_h, max(1, round(source_h * factor)))
        left, top = (0, 0)
        if fit is Fit.LETTERBOX:
            left, top = (model_w - inner_w) // 2, (model_h - inner_h) // 2
        scale = (inner_w / source_w, inner_h / source_h)
        return cls(*source, *model, *scale, float(left), float(top))

    @classmethod
    def _cropped(cls, source: tuple[int, int], model: tuple[int, int], share: float) -> Geometry:
        (source_w, source_h), (model_w, model_h) = source, model
        factor = max(model_w / source_w, model_h / source_h) / share
        cut_w = min(source_w, max(1, round(model_w / factor)))
        cut_h = min(source_h, max(1, round(model_h / factor)))
        left, top = (source_w - cut_w) // 2, (source_h - cut_h) // 2
        scale_x, scale_y = model_w / cut_w, model_h / cut_h
        return cls(*source, *model, scale_x, scale_y, -left * scale_x, -top * scale_y)

    @property
    def source_region(self) -> tuple[int, int, int, int]:
        """The part of the source that the model sees: x0, y0, x1, y1 in whole pixels."""
        x0, y0, x1, y1 = self._inner_corners()
        return (
            max(0, round((x0 - self.offset_x) / self.scale_x)),
            max(0, round((y0 - self.offset_y) / self.scale_y)),
            min(self.source_width, round((x1 - self.offset_x) / self.scale_x)),
            min(self.source_height, round((y1 - self.offset_y) / self.scale_y)),
        )

    @property
    def model_region(self) -> tuple[int, int, int, int]:
        """The part of the model's picture that shows the source, without padding."""
        x0, y0, x1, y1 = self._inner_corners()
        return round(x0), round(y0), round(x1), round(y1)

    def points_to_source(self, points: Array) -> Array:
        """Points [..., 2] as x, y in model pixels, in source pixels."""
        offset = np.array((self.offset_x, self.offset_y))
        return np.asarray((points - offset) / (self.scale_x, self.scale_y))

    def boxes_to_source(self, boxes: Array) -> Array:
        """Boxes [n, 4] as x0, y0, x1, y1 in model pixels, in source pixels."""
        return self.points_to_source(boxes.reshape(-1, 2, 2)).reshape(-1, 4)

    def _inner_corners(self) -> tuple[float, float, float, float]:
        return (
            max(0.0, self.offset_x),
            max(0.0, self.offset_y),
            min(float(self.model_width), self.offset_x + self.source_width * self.scale_x),
            min(float(self.model_height), self.offset_y + self.source_height * self.scale_y),
        )
