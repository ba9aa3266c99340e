"""Where the time of one exchange went: its parts as bars one after another, down to the total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from backend.inspector.calls import Exchange, TimingPart
from gui.views.messages import EmptyMessage, draw_message
from gui.views.scales import milliseconds
from gui.views.view import View
from gui.widgets.language import marked, tr
from gui.widgets.theme import BODY_PX, CAPTION_PX, DARK, GAP, GAP_LARGE, Palette, sized, tabular

_LINE = 24.0
_BAR = 10.0
_INDENT = 14.0
_NAME_WIDTH = 168.0
_TIME_WIDTH = 84.0
_LEAST_BAR = 2.0
_PARTS = {
    "resolve": (7, marked("resolve")),
    "connect": (3, marked("connect")),
    "TLS": (4, marked("TLS")),
    "send": (0, marked("send")),
    "wait": (1, marked("wait")),
    "send + wait": (1, marked("send + wait")),
    "receive": (2, marked("receive")),
    "receive + decode": (2, marked("receive + decode")),
    "decode": (6, marked("decode")),
}
"""Colour and title of what we measure ourselves; a server's own parts keep their names."""
_NOTES = (
    marked("reused"),
    marked("not connected"),
    marked("the kept connection was closed"),
    marked("not read to its end"),
)


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """One line: a part, how deep it is nested and which of the series it is coloured as."""

    part: TimingPart
    depth: int
    hue: int


def rows_of(
    parts: Sequence[TimingPart], depth: int = 0, hue: int | None = None
) -> Iterator[WaterfallRow]:
    """The parts and those within them, in the order in which they are drawn."""
    for index, part in enumerate(parts):
        own = _PARTS.get(part.name, (index, ""))[0] if hue is None else hue
        yield WaterfallRow(part, depth, own)
        yield from rows_of(part.parts, depth + 1, 5)


class Waterfall(View):
    """Shows an exchange's timing; the outermost bars follow one another and add up to the total."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Timing"), parent, palette)
        self._rows: tuple[WaterfallRow, ...] = ()
        self._total_ns = 0

    @property
    def summary(self) -> str:
        """The parts in one line."""
        if not self._rows:
            return tr("No timing yet")
        parts = ", ".join(f"{_title(row.part)} {_time(row.part.duration_ns)}" for row in self._rows)
        return f"{parts}, {tr('total')} {_time(self._total_ns)}"

    def show_exchange(self, exchange: Exchange | None) -> None:
        """Show where the time went, or that there is nothing to show."""
        self._rows = tuple(rows_of(exchange.timing)) if exchange is not None else ()
        self._total_ns = exchange.total_ns if exchange is not None else 0
        self.setMinimumHeight(int(_LINE * (len(self._rows) + 2) + 3 * GAP))
        self.updateGeometry()
        self.describe()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for every part."""
        return QSize(420, self.minimumHeight())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The parts from the top, the total under a line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if not self._rows:
            text = EmptyMessage(
                tr("No timing yet"), tr("Send a request to see where its time goes.")
            )
            draw_message(painter, QRectF(self.rect()), text, self.roles, self.font())
            return
        y = float(GAP)
        for row in self._rows:
            self._draw_row(painter, row, y)
            y += _LINE
        painter.setPen(self.roles.color("border"))
        painter.drawLine(GAP, int(y + GAP / 2), self.width() - GAP, int(y + GAP / 2))
        self._draw_texts(painter, tr("total"), "", _time(self._total_ns), y + GAP, 0, strong=True)

    def _draw_row(self, painter: QPainter, row: WaterfallRow, y: float) -> None:
        track = self._track()
        whole = max(1, self._total_ns)
        x = track.left() + track.width() * row.part.start_ns / whole
        width = max(_LEAST_BAR, track.width() * row.part.duration_ns / whole)
        x = min(x, track.right() - _LEAST_BAR)
        color = QColor(self.roles.series_color(row.hue))
        height = _BAR if row.depth == 0 else _BAR - 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.roles.color("surface_raised"))
        painter.drawRect(QRectF(track.left(), y + (_LINE - 1) / 2, track.width(), 1))
        painter.setBrush(color)
        painter.drawRoundedRect(
            QRectF(x, y + (_LINE - height) / 2, min(width, track.right() - x), height), 2, 2
        )
        self._draw_texts(
            painter, _title(row.part), _note(row.part), _time(row.part.duration_ns), y, row.depth
        )

    def _draw_texts(
        self,
        painter: QPainter,
        name: str,
        note: str,
        time: str,
        y: float,
        depth: int,
        *,
        strong: bool = False,
    ) -> None:
        left = GAP_LARGE + depth * _INDENT
        area = QRectF(left, y, self._name_width - depth * _INDENT, _LINE)
        font = sized(self.font(), BODY_PX, bold=strong)
        painter.setFont(font)
        painter.setPen(QPen(self.roles.color("text" if depth == 0 else "text_muted")))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        if note:
            taken = QFontMetricsF(font).horizontalAdvance(name) + GAP
            painter.setFont(sized(self.font(), CAPTION_PX))
            painter.setPen(self.roles.color("text_muted"))
            area.adjust(taken, 0, 0, 0)
            painter.drawText(
                area,
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                painter.fontMetrics().elidedText(
                    note, Qt.TextElideMode.ElideRight, int(area.width())
                ),
            )
        painter.setFont(tabular(self.font(), BODY_PX, bold=strong))
        painter.setPen(self.roles.color("text"))
        painter.drawText(
            QRectF(self.width() - GAP_LARGE - _TIME_WIDTH, y, _TIME_WIDTH, _LINE),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            time,
        )

    @property
    def _name_width(self) -> float:
        """Names and notes whole, if bars keep their third of the width."""
        name = QFontMetricsF(sized(self.font(), BODY_PX)).horizontalAdvance
        note = QFontMetricsF(sized(self.font(), CAPTION_PX)).horizontalAdvance
        widths = (
            row.depth * _INDENT + name(_title(row.part)) + GAP + note(_note(row.part))
            for row in self._rows
        )
        most = (self.width() - _TIME_WIDTH - 3 * GAP_LARGE) * 2 / 3
        return max(_NAME_WIDTH, min(most, max(widths, default=0.0)))

    def _track(self) -> QRectF:
        left = GAP_LARGE + self._name_width + GAP
        right = self.width() - GAP_LARGE - _TIME_WIDTH - GAP
        return QRectF(left, 0, max(24.0, right - left), 1)


def _title(part: TimingPart) -> str:
    return tr(_PARTS[part.name][1]) if part.name in _PARTS else part.name


def _note(part: TimingPart) -> str:
    return tr(part.note) if part.note in _NOTES else part.note


def _time(duration_ns: int) -> str:
    return milliseconds(duration_ns / 1e6)
