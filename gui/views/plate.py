"""A small dark plate with white text, for notes on top of a picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from gui.widgets.theme import CAPTION_PX, GAP, tabular


def draw_plate(
    painter: QPainter, text: str, area: QRectF, corner: Qt.Corner, font: QFont
) -> QRectF:
    """Draw the text in a corner of the area; returns the plate's rectangle."""
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
