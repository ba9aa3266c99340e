"""A result drawn: a row for each way with its latency, bytes, processor time or stages."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from backend.compare.bench import BenchResult, CellResult, Figure
from backend.core.choices import Transport
from gui.views.scales import milliseconds, short, ticks
from gui.views.stages import STAGE_NAMES, stage_color
from gui.views.view import View
from gui.widgets.language import byte_size, tr
from gui.widgets.theme import BODY_PX, CAPTION_PX, DARK, GAP, GAP_SMALL, Palette, sized, tabular

ROW = 24.0
_BAR = 10.0
_AXIS = 22.0
_LEGEND = 22.0
_WIDEST_LABEL = 260.0
_VALUE = 76.0

HUES = {Transport.REST: 1, Transport.GRPC: 0, Transport.GRPC_STREAM: 2}
"""Series of the palette by transport: a way has its colour in every chart."""


@dataclass(frozen=True, slots=True)
class Part:
    """A coloured stretch of a row's bar; `hue` is the number of a series or the name of a stage."""

    value: float
    hue: int | str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled row: stretches one after another from 0, or a dot with whiskers and marks."""

    label: str
    value: str
    hue: int
    parts: tuple[Part, ...] = ()
    dot: Figure | None = None
    marks: tuple[float, ...] = ()

    @property
    def most(self) -> float:
        """The largest value in it."""
        dots = [self.dot.high or 0.0, self.dot.value or 0.0] if self.dot else []
        return max(sum(part.value for part in self.parts), *self.marks, *dots, 0.0, 0.0)


class RowChart(View):
    """Rows under one axis; logarithmic for dots, from 0 for bars."""

    def __init__(
        self, name: str, parent: QWidget | None = None, palette: Palette = DARK, *, log: bool
    ) -> None:
        super().__init__(name, parent, palette)
        self._log = log
        self._rows: tuple[Row, ...] = ()
        self._legend: tuple[Part, ...] = ()
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

    def sizeHint(self) -> QSize:
        """Room for every row."""
        return QSize(420, self.minimumHeight())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Legend, rows, axis."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if not self._rows:
            return
        inner = QRectF(self.rect()).adjusted(GAP, GAP, -GAP, -GAP)
        labels = self._label_width(inner.width())
        field = QRectF(
            inner.left() + labels + GAP,
            inner.top() + self._legend_height(),
            inner.width() - labels - _VALUE - 2 * GAP,
            len(self._rows) * ROW,
        )
        self._paint_legend(painter, inner)
        self._paint_axis(painter, field)
        for index, row in enumerate(self._rows):
            line = QRectF(inner.left(), field.top() + index * ROW, inner.width(), ROW)
            self._paint_texts(painter, row, line, labels)
            if row.dot is not None:
                self._paint_dot(painter, row, field, line.center().y())
            else:
                self._paint_bar(painter, row, field, line.center().y())

    # -- where things are ------------------------------------------------------------------------

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
            place = QRectF(x - 40, field.bottom() + GAP_SMALL, 80, 16)
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


def latency_rows(result: BenchResult) -> list[Row]:
    """Medians with intervals, p95 and p99; the fastest first."""
    return [
        Row(
            _label(result, cell),
            milliseconds(cell.figure("p50_ms") or 0.0),
            HUES[cell.cell.transport],
            dot=cell.p50_ms,
            marks=tuple(
                value
                for value in (cell.figure("p95_ms"), cell.figure("p99_ms"))
                if value is not None
            ),
        )
        for cell in _fastest_first(result)
    ]


def rate_rows(result: BenchResult) -> list[Row]:
    """Answers a second, the most first."""
    measured = sorted(_fastest_first(result), key=lambda cell: -(cell.figure("rate") or 0.0))
    return [
        Row(
            _label(result, cell),
            rate_text(cell.figure("rate") or 0.0),
            HUES[cell.cell.transport],
            (Part(cell.figure("rate") or 0.0, HUES[cell.cell.transport]),),
        )
        for cell in measured
    ]


def stage_rows(result: BenchResult) -> list[Row]:
    """Where the median request's time goes."""
    return [
        Row(
            _label(result, cell),
            milliseconds(sum(cell.stages_ms.values())),
            HUES[cell.cell.transport],
            tuple(
                Part(max(0.0, value), name, tr(STAGE_NAMES[name]))
                for name, value in cell.stages_ms.items()
                if name in STAGE_NAMES
            ),
        )
        for cell in _fastest_first(result)
    ]


def byte_rows(result: BenchResult) -> list[Row]:
    """Bytes on the wire of a request and its reply."""
    return [
        Row(
            _label(result, cell),
            ("≈ " if cell.wire_estimated else "")
            + size_text((cell.wire_out or 0) + (cell.wire_in or 0)),
            HUES[cell.cell.transport],
            (Part(cell.wire_out or 0, 0, tr("sent")), Part(cell.wire_in or 0, 2, tr("received"))),
        )
        for cell in _fastest_first(result)
    ]


def cpu_rows(result: BenchResult) -> list[Row]:
    """Processor time of a request, here and at the server where that could be seen."""
    rows = []
    for cell in _fastest_first(result):
        parts = [Part(cell.client_cpu_ms or 0.0, 0, tr("here"))]
        if cell.server_cpu_ms is not None:
            parts.append(Part(cell.server_cpu_ms, 1, tr("server")))
        whole = sum(part.value for part in parts)
        rows.append(
            Row(
                _label(result, cell),
                milliseconds(whole),
                HUES[cell.cell.transport],
                tuple(parts),
            )
        )
    return rows


def _fastest_first(result: BenchResult) -> list[CellResult]:
    measured = [cell for cell in result.cells if cell.measured]
    return sorted(measured, key=lambda cell: cell.figure("p50_ms") or math.inf)


def _label(result: BenchResult, cell: CellResult) -> str:
    parts = [cell.cell.way]
    if len({each.cell.in_flight for each in result.cells}) > 1:
        parts.append(f"× {cell.cell.in_flight}")
    if len(result.conditions.payloads) > 1:
        parts.append(cell.cell.payload)
    return ", ".join(parts)


def rate_text(value: float) -> str:
    """Answers a second."""
    return tr("{rate}/s", rate=short(value))


def size_text(value: float) -> str:
    """Bytes."""
    return byte_size(round(value))


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
