"""Bytes as they are, sixteen to a line: only the lines in sight are ever made."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from backend.inspector.views import HexRows
from gui.views.messages import EmptyMessage, draw_message
from gui.widgets.language import tr
from gui.widgets.theme import BODY_PX, DARK, GAP, GAP_LARGE, Palette, sized

_MOST_LINES = 2**31 - 1024


class HexView(QAbstractScrollArea):
    """Shows the bytes without copying them, whatever their number."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(parent)
        self._roles = palette
        self._rows = HexRows(b"")
        self.setAccessibleName(tr("Bytes"))
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self._font: QFont = sized(
            QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), BODY_PX
        )
        metrics = QFontMetrics(self._font)
        self._line = metrics.height() + 3
        self._digit = metrics.horizontalAdvance("0")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_bytes(self, data: bytes) -> None:
        """Show these from the top."""
        self._rows = HexRows(data)
        self.setAccessibleDescription(tr("{size} bytes", size=len(data)))
        self.verticalScrollBar().setValue(0)
        self._range()
        self.viewport().update()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """One whole line and some of them."""
        return QSize(self._digit * 78 + 2 * GAP_LARGE, 240)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return min(_MOST_LINES, len(self._rows))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many lines as fit."""
        super().resizeEvent(event)
        self._range()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines in sight."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._roles.color("surface"))
        if not len(self._rows):
            text = EmptyMessage(tr("No bytes"), tr("This message is empty."))
            draw_message(painter, self.viewport().rect().toRectF(), text, self._roles, self.font())
            return
        painter.setFont(self._font)
        first = self.verticalScrollBar().value()
        left = GAP_LARGE - self.horizontalScrollBar().value()
        for index in range(first, min(self.lines, first + self._in_sight() + 2)):
            row = self._rows[index]
            top = GAP + (index - first) * self._line
            offset = f"{row.offset:0{self._rows.offset_digits}x}"
            self._draw(painter, QPoint(left, top), offset, "text_muted")
            self._draw(painter, QPoint(left + 10 * self._digit, top), row.hex, "text")
            self._draw(painter, QPoint(left + 60 * self._digit, top), row.text, "accent")

    def _draw(self, painter: QPainter, where: QPoint, text: str, role: str) -> None:
        painter.setPen(self._roles.color(role))
        box = QRect(where.x(), where.y(), self._digit * (len(text) + 1), self._line)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _in_sight(self) -> int:
        return max(1, (self.viewport().height() - GAP) // self._line)

    def _range(self) -> None:
        fit = self._in_sight()
        self.verticalScrollBar().setRange(0, max(0, self.lines - fit))
        self.verticalScrollBar().setPageStep(fit)
        width = self._digit * 78 + 2 * GAP_LARGE
        self.horizontalScrollBar().setRange(0, max(0, width - self.viewport().width()))
        self.horizontalScrollBar().setPageStep(self.viewport().width())
