"""Bytes as they are, sixteen or eight to a line: only the lines in sight are ever made."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from backend.inspector.views import HexRows
from gui.views.messages import EmptyMessage, draw_message
from gui.widgets.language import tr
from gui.widgets.theme import BODY_PX, DARK, GAP, GAP_LARGE, Palette, sized

_MANY, _FEW = 16, 8
_OFFSET = 10
"""Digits of the first column with what follows it."""
_MOST_LINES = 2**31 - 1024


class HexView(QAbstractScrollArea):
    """Shows the bytes without copying them, whatever their number."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(parent)
        self._roles = palette
        self._data = b""
        self._rows = HexRows(b"")
        self._per_line = _MANY
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
        self._data = data
        self._rows = HexRows(data, self._per_line)
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
        return QSize(self._width(_MANY), 240)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return min(_MOST_LINES, len(self._rows))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many lines as fit, of as many bytes as fit."""
        super().resizeEvent(event)
        fits = _MANY if self.viewport().width() >= self._width(_MANY) else _FEW
        if fits != self._per_line:
            first = self.verticalScrollBar().value() * self._per_line
            self._per_line, self._rows = fits, HexRows(self._data, fits)
            self._range()
            self.verticalScrollBar().setValue(first // fits)
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
        right = left + (_OFFSET + 3 * self._per_line + 2) * self._digit
        for index in range(first, min(self.lines, first + self._in_sight() + 2)):
            row = self._rows[index]
            top = GAP + (index - first) * self._line
            offset = f"{row.offset:0{self._rows.offset_digits}x}"
            self._draw(painter, QPoint(left, top), offset, "text_muted")
            self._draw(painter, QPoint(left + _OFFSET * self._digit, top), row.hex, "text")
            self._draw(painter, QPoint(right, top), row.text, "accent")

    def _draw(self, painter: QPainter, where: QPoint, text: str, role: str) -> None:
        painter.setPen(self._roles.color(role))
        box = QRect(where.x(), where.y(), self._digit * (len(text) + 1), self._line)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _width(self, per_line: int) -> int:
        return self._digit * (_OFFSET + 4 * per_line + 4) + 2 * GAP_LARGE

    def _in_sight(self) -> int:
        return max(1, (self.viewport().height() - GAP) // self._line)

    def _range(self) -> None:
        fit = self._in_sight()
        self.verticalScrollBar().setRange(0, max(0, self.lines - fit))
        self.verticalScrollBar().setPageStep(fit)
        width = self._width(self._per_line)
        self.horizontalScrollBar().setRange(0, max(0, width - self.viewport().width()))
        self.horizontalScrollBar().setPageStep(self.viewport().width())
