"""A frame that shows where keys go to, for who came by key; over a video it only disturbs."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPen

_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_AS_BEFORE = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class FocusFrame:
    """Whether there is one, and how it looks."""

    def __init__(self) -> None:
        self._shown = False

    def note(self, event: QFocusEvent) -> None:
        """The focus came, or went."""
        if event.reason() not in _AS_BEFORE:
            self._shown = event.gotFocus() and event.reason() in _BY_KEYBOARD

    def draw(self, painter: QPainter, area: QRectF, color: QColor) -> None:
        """Along the edges of the area."""
        if self._shown:
            painter.setPen(QPen(color, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
