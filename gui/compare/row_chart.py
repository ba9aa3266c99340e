"""A result drawn: a row for each way under one axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.compare.rows import Part, Row
from gui.views.messages import draw_notice
from gui.views.scales import short, ticks
from gui.views.stages import stage_color
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import BODY_PX, CAPTION_PX, DARK, GAP, Palette, sized, tabular

ROW = 24.0
_BAR = 10.0
_AXIS = 22.0
_LEGEND = 22.0
_WIDEST_LABEL = 260.0
_VALUE = 76.0


class RowChart(View):
    """Rows under one axis; logarithmic for dots, from 0 for bars."""

    chosen = Signal(str)
    """The key of a row that was clicked."""

    def __init__(
        self, name: str, parent: QWidget | None = None, palette: Palette = DARK, *, log: bool
    ) -> None:
        super().__init__(name, parent, palette)
        self._log = log
        self._rows: tuple[Row, ...] = ()
        self._legend: tuple[Part, ...] = ()
        self._marked = ""
        self._format: Callable[[float], str] = short

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown, top first."""
        return self._rows

    @property
    def summary(self) -> str:
        """Each row's label and value."""
        return "; ".join(f"{row.label}: {row.value}" for row in self._rows)

    def show_rows(self, rows: Sequence[Row], text: Callable[[float], str]) -> None:
        """Show these; `text` writes the values of the axis."""
        self._rows = tuple(rows)
        self._format = text
        named = {part.name: part for row in rows for part in row.parts if part.name}
        self._legend = tuple(named.values())
        self.setMinimumHeight(round(len(rows) * ROW + _AXIS + self._legend_height() + 2 * GAP))
        self.describe()
        self.update()

    def mark(self, key: str) -> None:
        """Set the row of that key off from the others; '' for none."""
        self._marked = key
        self.update()

    def place_of(self, key: str) -> QRectF | None:
        """Where the row of that key is."""
        found = (number for number, row in enumerate(self._rows) if row.key == key)
        number = next(found, -1)
        if number < 0:
            return None
        return QRectF(0, self._first_row + number * ROW, self.width(), ROW)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the pointer."""
        for row in self._rows:
            place = self.place_of(row.key)
            if place is not None and place.contains(event.position()):
                self.chosen.emit(row.key)
                return
        super().mousePressEvent(event)

    def sizeHint(self) -> QSize:
        """Room for every row."""
        return QSize(420, self.minimumHeight())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Legend, axis, rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if not self._rows:
            painter.setFont(sized(self.font(), BODY_PX))
            draw_notice(painter, QRectF(self.rect()), tr("Nothing measured yet"), self.roles)
            return
        inner = QRectF(self.rect()).adjusted(GAP, GAP, -GAP, -GAP)
        labels = self._label_width(inner.width())
        field = QRectF(
            inner.left() + labels + GAP,
            self._first_row,
            inner.width() - labels - _VALUE - 2 * GAP,
            len(self._rows) * ROW,
        )
        self._paint_legend(painter, inner)
        marked = self.place_of(self._marked)
        if marked is not None:
            painter.fillRect(marked, self.roles.color("surface_raised"))
        self._paint_axis(painter, field)
        for index, row in enumerate(self._rows):
            line = QRectF(inner.left(), field.top() + index * ROW, inner.width(), ROW)
            self._paint_texts(painter, row, line, labels)
            if row.dot is not None:
                self._paint_dot(painter, row, field, line.center().y())
            else:
                self._paint_bar(painter, row, field, line.center().y())

    # -- where things are ------------------------------------------------------------------------

    @property
    def _first_row(self) -> float:
        """Under the axis, which is at the top so that it is seen however many rows there are."""
        return GAP + self._legend_height() + _AXIS

    def _label_width(self, width: float) -> float:
        metrics = QFontMetricsF(sized(self.font(), BODY_PX))
        longest = max(metrics.horizontalAdvance(row.label) for row in self._rows)
        return min(longest + 2, _WIDEST_LABEL, width * 0.4)

    def _legend_height(self) -> float:
        return _LEGEND * self._legend_lines() if self._legend else 0.0

    def _legend_lines(self) -> int:
        return len(self._legend_places(max(200.0, self.width() - 2 * GAP))[1])

    def _legend_places(self, width: float) -> tuple[list[QPointF], list[float]]:
        """Where each entry of the legend begins, and the top of each of its lines."""
        metrics = QFontMetricsF(sized(self.font(), CAPTION_PX))
        x, tops, places = 0.0, [0.0], []
        for part in self._legend:
            needed = metrics.horizontalAdvance(part.name) + 14 + 2 * GAP
            if x and x + needed > width:
                x = 0.0
                tops.append(tops[-1] + _LEGEND)
            places.append(QPointF(x, tops[-1]))
            x += needed
        return places, tops

    def _limits(self) -> tuple[float, float]:
        most = max((row.most for row in self._rows), default=1.0) or 1.0
        if not self._log:
            return 0.0, most
        least = min(
            (row.dot.low or row.dot.value or most for row in self._rows if row.dot), default=most
        )
        return _floor(max(least, 1e-3)), _ceiling(most)

    def _x(self, value: float, field: QRectF) -> float:
        low, high = self._limits()
        if self._log:
            value, low, high = (math.log10(max(each, 1e-6)) for each in (value, low, high))
        share = (value - low) / (high - low) if high > low else 0.0
        return field.left() + min(max(share, 0.0), 1.0) * field.width()

    # -- painting --------------------------------------------------------------------------------

    def _paint_legend(self, painter: QPainter, inner: QRectF) -> None:
        painter.setFont(sized(self.font(), CAPTION_PX))
        places, _ = self._legend_places(inner.width())
        for part, place in zip(self._legend, places, strict=True):
            x, y = inner.left() + place.x(), inner.top() + place.y()
            painter.fillRect(QRectF(x, y + 4, 8, 8), self._color(part.hue))
            painter.setPen(self.roles.color("text_muted"))
            painter.drawText(QRectF(x + 14, y, 400, 16), Qt.AlignmentFlag.AlignVCenter, part.name)

    def _paint_axis(self, painter: QPainter, field: QRectF) -> None:
        painter.setFont(tabular(self.font(), CAPTION_PX))
        for value in self._axis_values(field.width()):
            x = self._x(value, field)
            painter.setPen(QPen(self.roles.color("border"), 1))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            painter.setPen(self.roles.color("text_muted"))
            place = QRectF(x - 40, field.top() - _AXIS, 80, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, self._format(value))

    def _axis_values(self, width: float) -> list[float]:
        low, high = self._limits()
        at_most = max(2, int(width // 84))
        if not self._log:
            return ticks(low, high, at_most)
        decades = [10.0**power for power in range(-3, 8)]
        fine = [step * decade for decade in decades for step in (1, 2, 5)]
        for values in (fine, decades):
            inside = [value for value in values if low * 0.999 <= value <= high * 1.001]
            if len(inside) <= at_most and inside:
                return inside
        return [low, high]

    def _paint_texts(self, painter: QPainter, row: Row, line: QRectF, labels: float) -> None:
        painter.setFont(sized(self.font(), BODY_PX))
        painter.setPen(self.roles.color("text"))
        metrics = QFontMetricsF(painter.font())
        text = metrics.elidedText(row.label, Qt.TextElideMode.ElideMiddle, labels)
        side = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(line.left(), line.top(), labels, ROW), side, text)
        painter.setFont(tabular(self.font(), BODY_PX))
        place = QRectF(line.right() - _VALUE, line.top(), _VALUE, ROW)
        painter.drawText(place, side | Qt.AlignmentFlag.AlignRight, row.value)

    def _paint_bar(self, painter: QPainter, row: Row, field: QRectF, y: float) -> None:
        start = 0.0
        for part in row.parts:
            left, right = self._x(start, field), self._x(start + part.value, field)
            place = QRectF(left, y - _BAR / 2, max(right - left, 0.0), _BAR)
            painter.fillRect(place, self._color(part.hue))
            if isinstance(part.hue, str):  # neighbours on a ramp are kept apart
                painter.fillRect(QRectF(right - 1, place.y(), 1, _BAR), self.roles.color("surface"))
            start += part.value

    def _color(self, hue: int | str) -> QColor:
        return (
            stage_color(hue, self.roles) if isinstance(hue, str) else self.roles.series_color(hue)
        )

    def _paint_dot(self, painter: QPainter, row: Row, field: QRectF, y: float) -> None:
        """The median as a dot, its interval as a thick line, further quantiles as ticks."""
        dot = row.dot
        assert dot is not None
        if dot.value is None:
            return
        color = self.roles.series_color(row.hue)
        at = self._x(dot.value, field)
        if row.marks:
            painter.setPen(QPen(_faint(color), 2))
            painter.drawLine(QPointF(at, y), QPointF(self._x(max(row.marks), field), y))
            painter.setPen(QPen(color, 2))
            for mark in row.marks:
                x = self._x(mark, field)
                painter.drawLine(QPointF(x, y - 5), QPointF(x, y + 5))
        if dot.low is not None and dot.high is not None:
            painter.setPen(QPen(color, 4))
            painter.drawLine(
                QPointF(self._x(dot.low, field), y), QPointF(self._x(dot.high, field), y)
            )
        painter.setPen(QPen(self.roles.color("surface"), 1))
        painter.setBrush(color)
        painter.drawEllipse(QPointF(at, y), 4.5, 4.5)


def _faint(color: QColor) -> QColor:
    faint = QColor(color)
    faint.setAlpha(110)
    return faint


def _floor(value: float) -> float:
    """The next of 1, 2, 5, 10... at or below a positive value."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9))


def _ceiling(value: float) -> float:
    """The next of 1, 2, 5, 10... at or above a positive value."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return min(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))
