"""The list beside a plot: a colour, a name and a value in digits that do not jitter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.views.view import KEEP_CLEAR, View
from gui.widgets.language import tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, GAP_SMALL, Palette, sized, tabular

_ROW = 18
_SWATCH = 10.0
_NARROWEST, _WIDEST = 180, 280
_SHARE = 6
_ROOM_NEEDED = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a plot: its colour, its name and the text of its value."""

    color: QColor
    name: str
    value: str


class Legend(View):
    """Paints a heading and entries; repaints only when a text changed."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Legend"), parent, palette)
        self._heading = ""
        self._entries: tuple[Entry, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFixedWidth(_NARROWEST)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setProperty(KEEP_CLEAR, "legend")

    def sizeHint(self) -> QSize:
        """Room for a heading and five entries."""
        return QSize(_NARROWEST, 6 * _ROW)

    @property
    def summary(self) -> str:
        """The entries in words."""
        return ", ".join(f"{entry.name} {entry.value}" for entry in self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is listed."""
        return self._entries

    @property
    def heading(self) -> str:
        """The line above the entries."""
        return self._heading

    @property
    def has_room_for_heading(self) -> bool:
        """Whether no entry gives way for it."""
        return GAP_SMALL + (1 + len(self._entries)) * _ROW <= self.height()

    def fit(self, room: int) -> None:
        """Take a sixth of the width it shares with its plot, none where there is little."""
        self.setVisible(room >= _ROOM_NEEDED)
        self.setFixedWidth(min(_WIDEST, max(_NARROWEST, room // _SHARE)))

    def show_entries(self, heading: str, entries: Sequence[Entry]) -> None:
        """List these entries under a heading."""
        if (heading, tuple(entries)) != (self._heading, self._entries):
            self._heading, self._entries = heading, tuple(entries)
            self.setToolTip("\n".join(f"{entry.name}: {entry.value}" for entry in entries))
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the list."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        caption = tabular(self.font(), CAPTION_PX)
        painter.setFont(sized(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        line = QRectF(GAP_SMALL, GAP_SMALL, self.width() - GAP - GAP_SMALL, _ROW)
        if self.has_room_for_heading:
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self._heading)
            line.translate(0, _ROW)
        painter.setFont(caption)
        metrics = QFontMetricsF(caption)
        for entry in self._entries:
            if line.bottom() > self.height():
                break
            self._paint_entry(painter, line, entry, metrics)
            line.translate(0, _ROW)

    def _paint_entry(
        self, painter: QPainter, line: QRectF, entry: Entry, metrics: QFontMetricsF
    ) -> None:
        swatch = QRectF(line.left(), line.center().y() - 1.5, _SWATCH, 3)
        painter.fillRect(swatch, entry.color)
        painter.setPen(self.roles.color("text"))
        value_width = metrics.horizontalAdvance(entry.value)
        painter.drawText(
            line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.value
        )
        left = _SWATCH + GAP - 2
        room = line.width() - left - value_width - GAP
        name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideRight, max(0.0, room))
        painter.drawText(line.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
