"""Draws predictions over a picture: masks, trails, boxes, key points, tags and a legend.

Pure drawing: it gets a painter, the predictions and where the picture lies, and keeps nothing but
pictures that are slow to make: the last mask, plates of tags and of the legend, and all that lies
over the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from backend.core.predictions import (
    Detection,
    Detections,
    KeyPoints,
    Mask,
    Predictions,
    Text,
)
from gui.views.class_hues import class_name
from gui.views.preview.geometry import Area, Placement
from gui.views.preview.layer import OverlayLayer
from gui.views.preview.legend import PictureLegend
from gui.views.preview.look import Layer, LegendRow, Look
from gui.views.preview.marks import OUTLINE, mark_color
from gui.views.preview.masks import MaskLayer
from gui.views.preview.points import draw_points
from gui.views.preview.tags import PlateCache, TagLayer
from gui.views.preview.trails import draw_trail
from gui.widgets.language import number
from gui.widgets.theme import CAPTION_PX, tabular

MOST_LABELLED = 25
"""With more objects than these only the one under the pointer has a label, and none has a trail."""
_MOST_COVERED, _LITTLE_COVERED = 0.15, 0.12
"""So is it where labels would cover more than this part of the picture, until they cover little."""

_BOX_WIDTH = 2.0
_DASHES = (4.0, 2.5)
_DESIGNED_FOR = 640.0, 480.0
_LARGEST_SCALE = 4.0
_NO_PICTURE = QImage()


@dataclass(frozen=True, slots=True)
class _Mark:
    """A detection that is drawn: where it is, its colour, and its place in the result."""

    item: Detection
    area: Area
    color: QColor
    place: int


class Overlay:
    """Draws predictions; keeps what is slow to make."""

    def __init__(self) -> None:
        self._masks = MaskLayer()
        self._plates = PlateCache()
        self._legend = PictureLegend()
        self.legend: tuple[LegendRow, ...] = ()
        """What the legend says of the predictions drawn last."""
        self.layer: OverlayLayer[tuple[Area, ...]] = OverlayLayer()
        self.crowded = False
        """Whether only what is under the pointer has a label."""
        self._places: dict[int, int] = {}
        """Where the tag of each followed object went."""

    def prepare(
        self,
        predictions: Predictions,
        placement: Placement,
        look: Look,
        picture: QImage,
        ratio: float,
    ) -> None:
        """Make what is slow before it has to be painted."""
        for prediction in predictions:
            if isinstance(prediction, Mask) and look.shows(Layer.MASKS):
                self._mask_image(prediction, placement, look, picture, ratio)

    def draw(
        self,
        painter: QPainter,
        predictions: Predictions,
        placement: Placement,
        look: Look,
        picture: QImage = _NO_PICTURE,
    ) -> tuple[Area, ...]:
        """Draw everything that is switched on; returns where the tags went."""
        for prediction in predictions:
            if isinstance(prediction, Mask) and look.shows(Layer.MASKS):
                self._draw_mask(painter, prediction, placement, look, picture)

        if not _marks_anything(predictions, look):
            self.legend = ()
            return ()
        draw = self._drawing(predictions, placement, look)
        return self.layer.paint(painter, predictions, (placement, look), look.corner, draw)

    def draw_ahead(
        self, predictions: Predictions, placement: Placement, look: Look, ratio: float
    ) -> None:
        """Draw all but masks for a painting to come, on a device of that ratio; from any thread.

        Nothing else may be asked of this overlay meanwhile.
        """
        if _marks_anything(predictions, look):
            draw = self._drawing(predictions, placement, look)
            self.layer.prepare(predictions, (placement, look), look.corner, ratio, draw)

    def _drawing(
        self, predictions: Predictions, placement: Placement, look: Look
    ) -> Callable[[QPainter], tuple[Area, ...]]:
        return lambda on_layer: self._draw_over(on_layer, predictions, placement, look)

    def _draw_over(
        self, painter: QPainter, predictions: Predictions, placement: Placement, look: Look
    ) -> tuple[Area, ...]:
        """All but masks, on a layer of its own."""
        marks = marks_of(predictions, placement, look)
        scale = max(scale_of(placement), look.emphasis)
        painter.setOpacity(look.style.opacity)
        _draw_marks(painter, marks, placement, look, scale)
        if look.shows(Layer.POINTS):
            _draw_all_points(painter, predictions, marks, placement, look, scale)
        painter.setOpacity(1.0)  # the legend has to be read
        legend = self._draw_legend(painter, predictions, look)
        painter.setOpacity(look.style.opacity)
        tags = TagLayer(
            painter,
            tabular(look.font, round(CAPTION_PX * scale), bold=True),
            look.bounds,
            self._plates,
            [mark.area for mark in marks],
            [legend] if legend is not None else (),
        )
        self._draw_tags(tags, marks, look)
        for prediction in predictions:
            if isinstance(prediction, Text) and look.shows(Layer.LABELS):
                _draw_caption(prediction.text, look, tags)
        return tags.placed

    def _mask_image(
        self, mask: Mask, placement: Placement, look: Look, picture: QImage, ratio: float
    ) -> QImage:
        ground = look.palette.color("background")
        return self._masks.image(mask, placement, look.style, ground, picture, ratio, look.hues)

    def _draw_mask(
        self, painter: QPainter, mask: Mask, placement: Placement, look: Look, picture: QImage
    ) -> None:
        ratio = painter.device().devicePixelRatioF()
        image = self._mask_image(mask, placement, look, picture, ratio)
        area = placement.area
        painter.drawImage(QRectF(area.x, area.y, area.width, area.height), image)

    def _draw_tags(self, tags: TagLayer, marks: tuple[_Mark, ...], look: Look) -> None:
        """The surest first; only one where there are too many, or too large ones."""
        most = _LITTLE_COVERED if self.crowded else _MOST_COVERED
        self.crowded = len(marks) > MOST_LABELLED or most < tags.share(
            (tag_parts(mark.item, look), mark.color) for mark in marks
        )
        if self.crowded:
            pointed = under(marks, look.pointer)
            marks = (pointed,) if pointed is not None else ()
        places: dict[int, int] = {}
        for mark in sorted(marks, key=lambda mark: -mark.item.score):
            parts = tag_parts(mark.item, look)
            track = look.following.track(mark.place)
            before = self._places.get(track.id) if track is not None else None
            place = tags.draw(parts, mark.area, mark.color, before) if parts else None
            if track is not None and place is not None:
                places[track.id] = place
        self._places = places

    def _draw_legend(self, painter: QPainter, predictions: Predictions, look: Look) -> Area | None:
        self.legend = ()
        if not look.shows(Layer.COUNTS):
            return None
        rows: list[LegendRow] = list(look.following.counts)
        for prediction in predictions:
            if isinstance(prediction, Mask) and look.shows(Layer.MASKS):
                rows += self._masks.rows(prediction, look.hues)
        self.legend = tuple(rows)
        if look.legend_elsewhere:
            return None
        return self._legend.draw(painter, rows, look.corner, look.font, look.emphasis, look.bounds)


def _marks_anything(predictions: Predictions, look: Look) -> bool:
    """Whether there is something to draw but masks: a bare layer takes its time to be painted."""
    kinds = (Detections, KeyPoints, Text, Mask)
    return bool(look.following.counts) or any(isinstance(each, kinds) for each in predictions)


def scale_of(placement: Placement) -> float:
    """How large lines and labels are drawn: 1 for a picture of 640 x 480 points or less."""
    area = placement.area
    wanted = min(area.width / _DESIGNED_FOR[0], area.height / _DESIGNED_FOR[1])
    return min(_LARGEST_SCALE, max(1.0, wanted))


def marks_of(predictions: Predictions, placement: Placement, look: Look) -> tuple[_Mark, ...]:
    """The detections that are sure enough."""
    found = next((p for p in predictions if isinstance(p, Detections)), None)
    return tuple(
        _Mark(
            item,
            placement.box_to_view(item.box),
            mark_color(look.hue(place, item)),
            place,
        )
        for place, item in enumerate(found.items if found is not None else ())
        if item.score >= look.style.threshold
    )


def under(marks: tuple[_Mark, ...], pointer: tuple[float, float] | None) -> _Mark | None:
    """The smallest box that the pointer is in."""
    if pointer is None:
        return None
    x, y = pointer
    inside = [
        mark
        for mark in marks
        if mark.area.x <= x <= mark.area.right and mark.area.y <= y <= mark.area.bottom
    ]
    return min(inside, key=lambda mark: mark.area.width * mark.area.height, default=None)


def tag_parts(item: Detection, look: Look) -> tuple[str, ...]:
    """What the tag of a detection says: the text that was read, else its class, and its score."""
    parts = []
    if look.shows(Layer.LABELS):
        read = " ".join(item.text.split())
        parts.append(read or class_name(item.label, item.index))
    if look.shows(Layer.SCORES):
        parts.append(number(item.score, 2))
    return tuple(parts)


def _draw_marks(
    painter: QPainter,
    marks: tuple[_Mark, ...],
    placement: Placement,
    look: Look,
    scale: float,
) -> None:
    # On a layer that is empty but for other lines, this is the same and takes a quarter.
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    if look.shows(Layer.TRAILS) and len(marks) <= MOST_LABELLED:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for mark in marks:
            if (track := look.following.track(mark.place)) is not None:
                draw_trail(painter, track, mark.color, placement, scale)
    if look.shows(Layer.BOXES):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for mark in marks:
            _draw_box(painter, mark, look, scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)


def _draw_all_points(
    painter: QPainter,
    predictions: Predictions,
    marks: tuple[_Mark, ...],
    placement: Placement,
    look: Look,
    scale: float,
) -> None:
    sets = [(mark.item.points, mark.color) for mark in marks]
    sets += [(p.points, mark_color(0)) for p in predictions if isinstance(p, KeyPoints)]
    for points, color in sets:
        draw_points(painter, points, color, placement, threshold=look.style.threshold, scale=scale)


def _draw_box(painter: QPainter, mark: _Mark, look: Look, scale: float) -> None:
    """The box in its colour, with a thin dark line around it so that it shows on any picture."""
    area, bounds = mark.area, look.bounds
    left, right = _within(area.x, area.right, bounds.x, bounds.right)
    top, bottom = _within(area.y, area.bottom, bounds.y, bounds.bottom)
    rect = QRect(left, top, max(1, right - left), max(1, bottom - top))
    width = round(_BOX_WIDTH * scale)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(OUTLINE)
    painter.drawRects(_sides(rect, width + 2))
    if look.dashed:
        pen = QPen(mark.color, width, j=Qt.PenJoinStyle.MiterJoin)
        pen.setDashPattern(_DASHES)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)
    else:
        painter.setBrush(mark.color)
        painter.drawRects(_sides(rect, width))


def _sides(rect: QRect, width: int) -> list[QRect]:
    """What a pen of that width would draw around it, several times faster."""
    before, wide, high = (width + 1) // 2, rect.width(), rect.height()
    left, top = rect.x() - before, rect.y() - before
    between = max(0, high - width)
    return [
        QRect(left, top, wide + width, width),
        QRect(left, top + high, wide + width, width),
        QRect(left, top + width, width, between),
        QRect(left + wide, top + width, width, between),
    ]


def _within(start: float, end: float, low: float, high: float) -> tuple[int, int]:
    """A side on whole pixels, cut where it leaves the picture so that its line stays visible."""
    return round(max(start, low + 1)), round(min(end, high - 1))


def _draw_caption(text: str, look: Look, tags: TagLayer) -> None:
    """Text that belongs to the whole picture goes to its lower left corner."""
    if text.strip():
        corner = Area(look.bounds.x, look.bounds.bottom, 1.0, 1.0)
        tags.draw((" ".join(text.split()),), corner, look.palette.color("surface_raised"))
