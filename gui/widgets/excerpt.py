"""A text in a fixed number of lines; what does not fit is replaced by an ellipsis."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.theme import sized


class Excerpt(QWidget):
    """As wide as it is given, `lines` high; the whole text is its tooltip and accessible name."""

    def __init__(self, lines: int, pixels: int, color: QColor, *, bold: bool = False) -> None:
        super().__init__()
        self._lines = lines
        self._pixels = pixels
        self._bold = bold
        self._color = color
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.update()

    def set_color(self, color: QColor) -> None:
        """Write in another colour."""
        self._color = color
        self.update()

    def sizeHint(self) -> QSize:
        """The height of all lines, whether they are needed or not."""
        metrics = QFontMetrics(self._scaled())
        return QSize(40, self._lines * metrics.lineSpacing())

    def minimumSizeHint(self) -> QSize:
        """It may be as narrow as one word."""
        return self.sizeHint()

    def shown(self) -> tuple[str, ...]:
        """The lines as they are drawn."""
        metrics = QFontMetrics(self._scaled())
        layout = QTextLayout(self._text, self._scaled())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        lines: list[str] = []
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.width())
            start, length = line.textStart(), line.textLength()
            if len(lines) == self._lines - 1:
                rest = self._text[start:]
                lines.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width()))
                break
            lines.append(self._text[start : start + length].rstrip())
        layout.endLayout()
        return tuple(lines)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the lines."""
        painter = QPainter(self)
        painter.setFont(self._scaled())
        painter.setPen(self._color)
        metrics = painter.fontMetrics()
        for index, line in enumerate(self.shown()):
            baseline = index * metrics.lineSpacing() + metrics.ascent()
            painter.drawText(QPointF(0, baseline), line)

    def _scaled(self) -> QFont:
        return sized(self.font(), self._pixels, bold=self._bold)
