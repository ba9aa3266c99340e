"""Label tags: small coloured plates with text, placed so that they stay readable.

A tag goes where it covers neither another tag nor, as far as there is room outside, a box, and the
head in it least of all; it lies wholly within the visible picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPixmap, QPixmapCache

from backend.core.tensors import Array
from gui.views.contrast import readable_on
from gui.views.preview.geometry import Area, Box
from gui.widgets.theme import CAPTION_PX, GAP, tabular

_PAD_X, _PAD_Y = 5.0, 2.0
_PLATES_KEPT = 512
_TAG_WEIGHT = 1000.0
"""A pixel of another tag is worth this many pixels of a box."""
_HEAD_WEIGHT = 8.0
"""How much more a pixel of where heads are is worth than another of a box."""
_MOVING = 0.25
"""Part of itself that a tag rather covers of a box than to jump to another place."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A picture of a text, and its size in points."""

    picture: QImage
    width: float
    height: float


class PlateFont:
    """A font with what tells it from others, made for so many device pixels per point."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self.font, self.ratio = font, ratio
        self.key = font.pixelSize(), font.family(), ratio


class PlateCache:
    """Pictures of short texts on coloured ground; the ones used last are kept."""

    def __init__(self) -> None:
        self._plates: OrderedDict[tuple[object, ...], Plate] = OrderedDict()

    def __len__(self) -> int:
        return len(self._plates)

    def plate(self, text: str, color: QColor, font: PlateFont) -> Plate:
        """The text on its plate."""
        key = text, color.rgb(), font.key
        plate = self._plates.get(key)
        if plate is None:
            plate = self._plates[key] = _plate(text, color, font)
            if len(self._plates) > _PLATES_KEPT:
                self._plates.popitem(last=False)
        else:
            self._plates.move_to_end(key)
        return plate


class TagLayer:
    """Places and draws the tags of one picture; make a new one for each painting.

    `boxes` are what tags should not cover, `taken` what is covered already.
    """

    def __init__(
        self,
        painter: QPainter,
        font: QFont,
        bounds: Area,
        plates: PlateCache,
        boxes: Sequence[Area] = (),
        taken: Sequence[Area] = (),
    ) -> None:
        self._painter = painter
        self._font = PlateFont(font, painter.device().devicePixelRatioF())
        self._bounds = bounds
        self._plates = plates
        self._boxes = list(map(_corners, boxes))
        self._covers = _array([*self._boxes, *map(_head, boxes)])
        self._weights = np.repeat((1.0, _HEAD_WEIGHT), len(self._boxes))
        self._fitted: dict[tuple[Sequence[str], int], list[Plate]] = {}
        self._taken = list(map(_corners, taken))
        self._placed: list[Area] = []

    @property
    def placed(self) -> tuple[Area, ...]:
        """Where the tags went, in the order they were drawn."""
        return tuple(self._placed)

    def share(self, tags: Iterable[tuple[Sequence[str], QColor]]) -> float:
        """The part of the visible picture that these would cover, given as texts and colours."""
        bounds = self._bounds
        areas = (
            plate.width * plate.height
            for parts, color in tags
            for plate in self._fitting(parts, color)
        )
        return sum(areas) / max(1.0, bounds.width * bounds.height)

    def draw(
        self, parts: Sequence[str], box: Area, color: QColor, before: int | None = None
    ) -> int | None:
        """Draw one tag for a box: its parts beside each other on one ground.

        Gives the number of its place, None if there was no room; `before` is that of the same
        object in the picture before, which is kept unless another place is clearly better.
        """
        plates = self._fitting(parts, color)
        if not plates:
            return None
        width, height = sum(plate.width for plate in plates), plates[0].height
        place, area = self._free(box, width, height, before)
        self._placed.append(area)
        self._taken.append(_corners(area))
        x = area.x
        for plate in plates:
            self._painter.drawImage(QPointF(x, area.y), plate.picture)
            x += plate.width
        return place

    def _fitting(self, parts: Sequence[str], color: QColor) -> list[Plate]:
        key = tuple(parts), color.rgb()
        if key not in self._fitted:
            self._fitted[key] = self._made(parts, color)
        return self._fitted[key]

    def _made(self, parts: Sequence[str], color: QColor) -> list[Plate]:
        """As many parts as there is room for, the last of them cut."""
        room = self._bounds.width
        plates = []
        for part in parts:
            plate = self._plates.plate(part, color, self._font)
            if plate.width > room:
                metrics = QFontMetricsF(self._font.font)
                rest = room - 2 * _pads(self._font.font)[0]
                text = metrics.elidedText(part, Qt.TextElideMode.ElideRight, rest)
                plate = self._plates.plate(text, color, self._font)
            if plate.width > room + 1:
                break
            plates.append(plate)
            room -= plate.width
        return plates

    def _free(self, box: Area, width: float, height: float, before: int | None) -> tuple[int, Area]:
        """The best place: first what covers least of other tags, then of heads and boxes."""
        found = _places(box, width, height)
        bounds, first = self._bounds, before or 0
        x, y = found[first]
        x = max(min(x, bounds.right - width), bounds.x)
        y = max(min(y, bounds.bottom - height), bounds.y)
        if self._is_free(x, y, x + width, y + height):  # there is none better
            return first, Area(x, y, width, height)
        places = np.array(found)
        most = np.array((bounds.right - width, bounds.bottom - height))
        places = np.maximum(np.minimum(places, most), (bounds.x, bounds.y))
        areas = np.hstack((places, places + np.array((width, height))))
        cost = _TAG_WEIGHT * _covered(areas, _array(self._taken)).sum(axis=1)
        cost += _covered(areas, self._covers) @ self._weights
        if before is not None:
            cost += _MOVING * width * height
            cost[before] -= _MOVING * width * height
        best = int(cost.argmin())
        x, y = places[best].tolist()
        return best, Area(x, y, width, height)

    def _is_free(self, left: float, top: float, right: float, bottom: float) -> bool:
        return not any(
            left < x1 and right > x0 and top < y1 and bottom > y0
            for x0, y0, x1, y1 in chain(self._boxes, self._taken)
        )


def _places(box: Area, width: float, height: float) -> tuple[tuple[float, float], ...]:
    """Left upper corners of where a tag of this size may go, best first."""
    left, right = round(box.x) - 1.0, round(box.right) + 1.0 - width
    top, bottom = round(box.y) - 1.0, round(box.bottom) + 1.0
    beyond_left, beyond_right = left - width - 1, round(box.right) + 2.0
    middle = round(box.x + box.width / 2)
    aside = (middle - width / 2, float(middle), middle - width)
    return (
        (left, top - height),
        (left, bottom),
        (right, top - height),
        (right, bottom),
        (beyond_right, top),
        (beyond_left, top),
        (beyond_right, bottom - height),
        (beyond_left, bottom - height),
        (left, top),
        (left, bottom - height),
        *((x, top - height) for x in aside),
        *((x, bottom) for x in aside),
        (right, bottom - height),
    )


def _corners(area: Area) -> Box:
    return area.x, area.y, area.x + area.width, area.y + area.height


def _head(area: Area) -> Box:
    """Where people look first, whatever the class: a person's head, the face of an animal."""
    aside = area.width / 5
    return area.x + aside, area.y, area.right - aside, area.y + min(area.height, 0.85 * area.width)


def _array(boxes: Sequence[Box]) -> Array:
    """float64 [n, 4]."""
    return np.array(boxes, np.float64).reshape(-1, 4)


def _covered(areas: Array, others: Array) -> Array:
    """float64 [areas, others]: how much each covers of each other."""
    low = np.maximum(areas[:, None, :2], others[None, :, :2])
    sides = np.minimum(areas[:, None, 2:], others[None, :, 2:])
    sides -= low
    np.maximum(sides, 0.0, out=sides)
    return np.asarray(sides[..., 0] * sides[..., 1])


def _plate(text: str, color: QColor, font: PlateFont) -> Plate:
    metrics, ratio = QFontMetricsF(font.font), font.ratio
    pad_x, pad_y = _pads(font.font)
    width = round(metrics.horizontalAdvance(text) + 2 * pad_x)
    height = round(metrics.height() + 2 * pad_y)
    size = QSize(round(width * ratio), round(height * ratio))
    plate = QImage(size, QImage.Format.Format_RGB32)
    plate.setDevicePixelRatio(ratio)
    plate.fill(color)
    painter = QPainter(plate)
    painter.setFont(font.font)
    painter.setPen(readable_on(color))
    painter.drawText(QPointF(pad_x, pad_y + metrics.ascent()), text)
    painter.end()
    points = plate.deviceIndependentSize()
    return Plate(plate, points.width(), points.height())


def _pads(font: QFont) -> tuple[float, float]:
    """Between text and edge, across and down: larger texts have more."""
    scale = max(1.0, font.pixelSize() / CAPTION_PX)
    return _PAD_X * scale, _PAD_Y * scale


def draw_plate(
    painter: QPainter,
    text: str,
    area: QRectF,
    corner: Qt.Corner,
    font: QFont,
    factor: float = 1.0,
) -> QRectF:
    """Draw a note in a corner of the area, white on a dark plate, so many times larger than
    designed; returns its rectangle."""
    ratio, pixels = painter.device().devicePixelRatioF(), round(CAPTION_PX * factor)
    key, note = f"note {text} {font.family()} {pixels} {ratio}", QPixmap()
    if not QPixmapCache.find(key, note):
        note = _note(text, tabular(font, pixels), ratio)
        QPixmapCache.insert(key, note)
    size = note.deviceIndependentSize()
    at_top = corner in (Qt.Corner.TopLeftCorner, Qt.Corner.TopRightCorner)
    at_left = corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner)
    x = area.left() + GAP if at_left else area.right() - GAP - size.width()
    y = area.top() + GAP if at_top else area.bottom() - GAP - size.height()
    painter.drawPixmap(QPointF(round(x), round(y)), note)
    return QRectF(QPointF(round(x), round(y)), size)


def _note(text: str, font: QFont, ratio: float) -> QPixmap:
    metrics = QFontMetricsF(font)
    width = round(metrics.horizontalAdvance(text) + 2 * GAP)
    height = round(metrics.height() + GAP / 2)
    note = QPixmap(round(width * ratio), round(height * ratio))
    note.setDevicePixelRatio(ratio)
    note.fill(Qt.GlobalColor.transparent)
    painter = QPainter(note)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 185))
    painter.drawRoundedRect(QRectF(0, 0, width, height), 3, 3)
    painter.setPen(QColor("#ffffff"))
    painter.setFont(font)
    painter.drawText(QRectF(0, 0, width, height), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return note
