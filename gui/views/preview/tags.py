"""Label tags: small coloured plates with text, placed so that they stay readable.

A tag sits above its box if there is room, otherwise inside or below it; it is moved until it lies
wholly within the visible picture, and away from other tags where one of its places allows that.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from gui.views.contrast import readable_on
from gui.views.preview.geometry import Area, least_covered
from gui.widgets.theme import CAPTION_PX, GAP, tabular

_PAD_X, _PAD_Y = 5.0, 2.0
_MAX_UNTANGLED = 60
"""Beyond this many tags each takes its first place: trying them all would cost too much."""


class TagLayer:
    """Places and draws the tags of one picture; make a new one for each painting."""

    def __init__(self, painter: QPainter, font: QFont, bounds: Area) -> None:
        self._painter = painter
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._bounds = bounds
        self._taken: list[Area] = []

    @property
    def placed(self) -> tuple[Area, ...]:
        """Where the tags went, in the order they were drawn."""
        return tuple(self._taken)

    def draw(self, text: str, box: Area, color: QColor) -> None:
        """Draw one tag for a box."""
        text = self._fitting(text)
        size = self._size(text)
        places = [_inside(place, self._bounds) for place in _places(box, *size)]
        area = (
            least_covered(places, self._taken) if len(self._taken) < _MAX_UNTANGLED else places[0]
        )
        self._taken.append(area)
        self._paint(text, area, color)

    def _fitting(self, text: str) -> str:
        room = max(0.0, self._bounds.width - 2 * _PAD_X)
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

    def _size(self, text: str) -> tuple[float, float]:
        width = self._metrics.horizontalAdvance(text) + 2 * _PAD_X
        return float(round(width)), float(round(self._metrics.height() + 2 * _PAD_Y))

    def _paint(self, text: str, area: Area, color: QColor) -> None:
        painter = self._painter
        painter.setFont(self._font)
        painter.fillRect(QRectF(area.x, area.y, area.width, area.height), color)
        painter.setPen(readable_on(color))
        baseline = area.y + _PAD_Y + self._metrics.ascent()
        painter.drawText(QPointF(area.x + _PAD_X, baseline), text)


def _places(box: Area, width: float, height: float) -> Iterator[Area]:
    """Where a tag of this size may go, best first."""
    left, right = round(box.x) - 1.0, round(box.right) + 1.0 - width
    above, below = round(box.y) - 1.0 - height, round(box.bottom) + 1.0
    for x, y in (
        (left, above),
        (left, round(box.y) - 1.0),
        (left, below),
        (right, above),
        (right, below),
        (left, below - height),
    ):
        yield Area(x, y, width, height)


def _inside(area: Area, bounds: Area) -> Area:
    """The same rectangle, moved into the bounds; its left top wins where it is too large."""
    x = max(bounds.x, min(area.x, bounds.right - area.width))
    y = max(bounds.y, min(area.y, bounds.bottom - area.height))
    return Area(x, y, area.width, area.height)


def draw_plate(
    painter: QPainter, text: str, area: QRectF, corner: Qt.Corner, font: QFont
) -> QRectF:
    """Draw a note in a corner of the area, white on a dark plate; returns its rectangle."""
    font = tabular(font, CAPTION_PX)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 2 * GAP, metrics.height() + GAP / 2
    at_top = corner in (Qt.Corner.TopLeftCorner, Qt.Corner.TopRightCorner)
    at_left = corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner)
    x = area.left() + GAP if at_left else area.right() - GAP - width
    y = area.top() + GAP if at_top else area.bottom() - GAP - height
    plate = QRectF(x, y, width, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 185))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setPen(QColor("#ffffff"))
    painter.setFont(font)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
    return plate
