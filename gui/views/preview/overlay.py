"""Draws predictions over a picture: boxes, tags, key points and masks.

Pure drawing: it gets a painter, the predictions and where the picture lies, and keeps nothing
except the last mask it coloured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from backend.core.predictions import (
    Detection,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Predictions,
    Text,
)
from backend.core.skeletons import edges_between
from backend.core.tensors import Array
from gui.views.preview.geometry import Area, Placement, displayed
from gui.views.preview.tags import TagLayer
from gui.widgets.language import number, tr
from gui.widgets.theme import CAPTION_PX, Palette, tabular

_BOX_WIDTH = 2.0
_BONE_WIDTH = 2.0
_POINT_RADIUS, _SMALL_RADIUS = 3.5, 1.5
_FEW_POINTS = 64
"""More points than these, such as those of a face's mesh, are drawn small."""
_MASK_ALPHA = 128


class Layer(StrEnum):
    """A part of the overlay that can be switched off."""

    BOXES = "boxes"
    LABELS = "labels"
    SCORES = "scores"
    POINTS = "points"
    MASKS = "masks"


ALL_LAYERS = frozenset(Layer)


@dataclass(frozen=True, slots=True)
class Look:
    """How an overlay is drawn; `bounds` is the part of the widget that tags must stay within."""

    palette: Palette
    font: QFont
    layers: frozenset[Layer]
    bounds: Area

    def shows(self, layer: Layer) -> bool:
        """Whether the layer is on."""
        return layer in self.layers


class Overlay:
    """Draws predictions; keeps the last coloured mask, because colouring one is slow."""

    def __init__(self) -> None:
        self._mask: Mask | None = None
        self._mask_key: tuple[object, ...] = ()
        self._mask_pixels: Array | None = None

    def draw(
        self, painter: QPainter, predictions: Predictions, placement: Placement, look: Look
    ) -> tuple[Area, ...]:
        """Draw everything that is switched on; returns where the tags went."""
        painter.save()
        tags = TagLayer(painter, tabular(look.font, CAPTION_PX, bold=True), look.bounds)
        for prediction in predictions:
            if isinstance(prediction, Mask) and look.shows(Layer.MASKS):
                self._draw_mask(painter, prediction, placement, look)
        for prediction in predictions:
            if isinstance(prediction, Detections):
                _draw_detections(painter, prediction, placement, look, tags)
            elif isinstance(prediction, KeyPoints) and look.shows(Layer.POINTS):
                _draw_points(painter, prediction.points, 0, placement, look)
            elif isinstance(prediction, Text) and look.shows(Layer.LABELS):
                _draw_caption(prediction.text, look, tags)
        painter.restore()
        return tags.placed

    def _draw_mask(self, painter: QPainter, mask: Mask, placement: Placement, look: Look) -> None:
        key = (look.palette.name, placement.rotation, placement.mirrored)
        if mask is not self._mask or key != self._mask_key or self._mask_pixels is None:
            classes = displayed(mask.classes, placement.rotation, mirrored=placement.mirrored)
            self._mask_pixels = mask_colors(look.palette)[classes]
            self._mask, self._mask_key = mask, key
        height, width = self._mask_pixels.shape
        image = QImage(
            self._mask_pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32
        )
        painter.drawImage(_rect(placement.area), image)


def mask_colors(palette: Palette) -> Array:
    """uint32 [256] ARGB: clear for class 0, else the colour of that class's boxes at 50 %."""
    table = np.zeros(256, np.uint32)
    for index in range(1, 256):
        color = palette.series_color(index)
        color.setAlpha(_MASK_ALPHA)
        table[index] = color.rgba()
    return table


def tag_text(item: Detection, look: Look) -> str:
    """What the tag of a detection says, '' for nothing."""
    parts = []
    if look.shows(Layer.LABELS):
        parts.append(item.label or tr("class {index}", index=item.index))
    if look.shows(Layer.SCORES):
        parts.append(number(item.score, 2))
    if item.text and look.shows(Layer.LABELS):
        parts.append(item.text)
    return "  ".join(parts)


def _draw_detections(
    painter: QPainter, detections: Detections, placement: Placement, look: Look, tags: TagLayer
) -> None:
    if look.shows(Layer.BOXES):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for item in detections.items:
            _draw_box(painter, placement.box_to_view(item.box), look.bounds, _color(item, look))
    if look.shows(Layer.POINTS):
        for item in detections.items:
            _draw_points(painter, item.points, item.index, placement, look)
    for item in sorted(detections.items, key=lambda item: -item.score):
        if text := tag_text(item, look):
            tags.draw(text, placement.box_to_view(item.box), _color(item, look))


def _draw_box(painter: QPainter, area: Area, bounds: Area, color: QColor) -> None:
    """The box in its colour, with a thin dark line around it so that it shows on any picture."""
    left, right = _within(area.x, area.right, bounds.x, bounds.right)
    top, bottom = _within(area.y, area.bottom, bounds.y, bounds.bottom)
    rect = QRectF(left, top, max(1, right - left), max(1, bottom - top))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 110), _BOX_WIDTH + 2, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(rect)
    painter.setPen(QPen(color, _BOX_WIDTH, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(rect)


def _within(start: float, end: float, low: float, high: float) -> tuple[int, int]:
    """A side on whole pixels, cut where it leaves the picture so that its line stays visible."""
    return round(max(start, low + 1)), round(min(end, high - 1))


def _draw_points(
    painter: QPainter,
    points: tuple[KeyPoint, ...],
    index: int,
    placement: Placement,
    look: Look,
) -> None:
    if not points:
        return
    color = look.palette.series_color(index)
    places = [QPointF(*placement.to_view(point.x, point.y)) for point in points]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for one, other in edges_between([point.label for point in points]):
        for pen in (QPen(QColor(0, 0, 0, 110), _BONE_WIDTH + 2), QPen(color, _BONE_WIDTH)):
            painter.setPen(pen)
            painter.drawLine(places[one], places[other])
    few = len(points) <= _FEW_POINTS
    painter.setPen(QPen(QColor(0, 0, 0, 180), 1.0) if few else Qt.PenStyle.NoPen)
    painter.setBrush(color)
    radius = _POINT_RADIUS if few else _SMALL_RADIUS
    for place in places:
        painter.drawEllipse(place, radius, radius)


def _draw_caption(text: str, look: Look, tags: TagLayer) -> None:
    """Text that belongs to the whole picture goes to its lower left corner."""
    if text.strip():
        corner = Area(look.bounds.x, look.bounds.bottom, 1.0, 1.0)
        tags.draw(" ".join(text.split()), corner, look.palette.color("surface_raised"))


def _color(item: Detection, look: Look) -> QColor:
    return look.palette.series_color(item.index)


def _rect(area: Area) -> QRectF:
    return QRectF(area.x, area.y, area.width, area.height)
