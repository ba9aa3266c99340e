"""What every stage of the wire costs: a stacked bar of medians, percentiles and a histogram."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from backend.core.status import RunStatus
from backend.core.tensors import Array
from gui.views.contrast import readable_on
from gui.views.messages import draw_notice
from gui.views.plots.run_lines import run_lines
from gui.views.plots.stage_report import (
    EDGES_MS,
    WINDOW_S,
    LatencyReport,
    any_answered,
    report_on,
)
from gui.views.scales import SteadyTop, milliseconds
from gui.views.stages import STAGE_NAMES, stage_color
from gui.views.view import TEXT_PERIOD_NS, View
from gui.widgets.language import number, significant, tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, GAP_SMALL, TITLE_PX, Palette, sized, tabular

_WIDEST = "00.0 ms"
_LEAST_WIDTH = 260
_NUMBERS = 44.0
_BAR = 20.0
_SCALE = 16.0
_LINE = 16.0
_LEAST_HISTOGRAM, _LABELLED_HISTOGRAM = 40.0, 56.0
_PERCENTILE = 12.0
_SWATCH_ROOM = 14.0
_MARKS_MS = (1.0, 10.0, 100.0, 1000.0)
_FIRST_MS, _LAST_MS = float(EDGES_MS[0]), float(EDGES_MS[-1])


class LatencyView(View):
    """Shows the last ten seconds of a run; give it the window of the run's trace ring."""

    frame_wanted = Signal(float, float)
    """A bar of the histogram was clicked: the latencies in ms from which to which it counts."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Latency"), parent, palette)
        self._report: LatencyReport | None = None
        self._last: LatencyReport | None = None
        self._failed, self._answered = 0, False
        self._top = SteadyTop(least=1.0)
        self._computed_s = -math.inf
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._age_ms: float | None = None
        self._plot, self._least = QRectF(), QSize()
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Room for the numbers, the bar, its legend and the histogram."""
        return QSize(380, max(280, self.minimumSizeHint().height()))

    def minimumSizeHint(self) -> QSize:
        """As high as all stages and the histogram need; who shows the view scrolls it."""
        spans = self._report.spans if self._report is not None else ()
        lines = math.ceil(len(spans) / self._legend_columns(self.width() - 2 * GAP))
        fixed = _NUMBERS + _BAR + _SCALE + GAP_SMALL + GAP + _LEAST_HISTOGRAM + 2 * GAP_SMALL
        return QSize(_LEAST_WIDTH, math.ceil(fixed + lines * _LINE))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrower legend is a longer one."""
        super().resizeEvent(event)
        self.updateGeometry()

    @property
    def report(self) -> LatencyReport | None:
        """The numbers of the last ten seconds, None if nothing was answered in them."""
        return self._report

    @property
    def notice(self) -> str:
        """Why there are no numbers; '' while there are some."""
        if self._report is not None:
            return ""
        if self._answered:
            return tr("No result in the last {seconds} s", seconds=number(WINDOW_S))
        if self._failed:
            return tr("No result yet, {failed} failed", failed=self._failed)
        return tr("Waiting for the first result")

    @property
    def summary(self) -> str:
        """The percentiles in one line."""
        report = self._report
        if report is None:
            failed = tr("failed {failed}", failed=self._failed) if self._answered else ""
            return ", ".join(filter(None, (self.notice, failed)))
        return tr(
            "latency p50 {p50}, p95 {p95}, p99 {p99}, failed {failed}",
            p50=milliseconds(report.p50),
            p95=milliseconds(report.p95),
            p99=milliseconds(report.p99),
            failed=report.failed,
        )

    def show_traces(
        self,
        window: Array,
        columns: Mapping[str, int],
        failed: int = 0,
        now_s: float | None = None,
        age_ms: float | None = None,
    ) -> None:
        """Show a trace window [columns, n]; numbers change twice a second at most.

        `age_ms` is the median age of an answer when it is first on the screen.
        """
        now_s = time.monotonic() if now_s is None else now_s
        if self._report is not None and now_s - self._computed_s < TEXT_PERIOD_NS / 1e9:
            return
        self._computed_s = now_s
        report = report_on(window, columns, now_s, failed)
        self.show_report(report, failed, answered=any_answered(window, columns), age_ms=age_ms)

    def show_report(
        self, report: LatencyReport | None, failed: int, *, answered: bool, age_ms: float | None
    ) -> None:
        """Show what `report_on` found, and whether there was ever an answer; see `show_traces`."""
        self._report = report
        self._failed, self._age_ms, self._answered = failed, age_ms, answered
        if self._report is not None:
            self._last = self._report
            self._top.update(self._report.length)
            if (least := self.minimumSizeHint()) != self._least:
                self._least = least
                self.updateGeometry()
        if self.isVisible():
            self.describe()
            self.update()

    def show_run(self, status: RunStatus) -> None:
        """Say of the whole run, in the tooltip, what the panel says of the last seconds."""
        self.setToolTip("\n".join(run_lines(status, self._last)))

    def clear(self) -> None:
        """Forget everything."""
        self._report, self._last, self._computed_s = None, None, -math.inf
        self._failed, self._answered = 0, False
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that a bar can be clicked."""
        found = self._bin_at(event.position())
        hand, arrow = Qt.CursorShape.PointingHandCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(arrow if found is None else hand)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for a frame of the bar."""
        found = self._bin_at(event.position())
        if found is None:
            super().mousePressEvent(event)
        else:
            self.frame_wanted.emit(float(EDGES_MS[found]), float(EDGES_MS[found + 1]))

    def _bin_at(self, position: QPointF) -> int | None:
        """The bar nearest to a place in the histogram, None outside of it or without any."""
        if self._report is None or not self._plot.contains(position):
            return None
        filled = np.flatnonzero(self._report.counts)
        middles = [_along(math.sqrt(EDGES_MS[n] * EDGES_MS[n + 1]), self._plot) for n in filled]
        return int(filled[np.argmin(np.abs(np.array(middles) - position.x()))])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the parts from top to bottom; the view is never lower than they are."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        inner = QRectF(self.rect()).adjusted(GAP, GAP_SMALL, -GAP, -GAP_SMALL)
        y = self._paint_numbers(painter, inner)
        y = self._paint_bar(painter, QRectF(inner.left(), y, inner.width(), _BAR))
        y = self._paint_legend(painter, QRectF(inner.left(), y, inner.width(), inner.bottom() - y))
        rest = QRectF(inner.left(), y + GAP, inner.width(), inner.bottom() - y - GAP)
        if rest.height() >= _LEAST_HISTOGRAM:
            self._paint_histogram(painter, rest)

    def _paint_numbers(self, painter: QPainter, area: QRectF) -> float:
        """Newest value and percentiles, each in a slot of its own width; old ones are muted."""
        report = self._last
        cells: tuple[tuple[str, str], ...] = (
            (tr("now"), "newest"),
            ("p50", "p50"),
            ("p95", "p95"),
            ("p99", "p99"),
        )
        texts = [
            (name, "–" if report is None else milliseconds(float(getattr(report, field))))
            for name, field in cells
        ]
        silent = report is None and not self._failed
        texts.append((tr("failed"), "–" if silent else str(self._failed)))
        role = "text" if self._report is not None else "text_muted"
        width = area.width() / len(texts)
        for place, (name, value) in enumerate(texts):
            cell = QRectF(area.left() + place * width, area.top(), width, _NUMBERS)
            failed = place == len(texts) - 1 and self._failed > 0
            self._paint_number(painter, cell, name, value, "error" if failed else role)
        return area.top() + _NUMBERS

    def _paint_number(
        self, painter: QPainter, cell: QRectF, name: str, value: str, role: str
    ) -> None:
        painter.setFont(sized(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        painter.drawText(cell, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
        big = tabular(self.font(), TITLE_PX, bold=True)
        fits = QFontMetricsF(big).horizontalAdvance(_WIDEST) + GAP <= cell.width()
        painter.setFont(big if fits else tabular(self.font(), CAPTION_PX, bold=True))
        painter.setPen(self.roles.color(role))
        below = cell.adjusted(0, 15, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, value)

    def _paint_bar(self, painter: QPainter, area: QRectF) -> float:
        """The stacked medians over a scale from 0 to a round number of ms."""
        painter.fillRect(area, self.roles.color("surface_raised"))
        if self._report is not None:
            x = area.left()
            for name, value in self._report.spans:
                width = max(0.0, value) / self._top.value * area.width()
                part = QRectF(x, area.top(), width, area.height())
                painter.fillRect(part, stage_color(name, self.roles))
                self._paint_inside(painter, part, name)
                x += width
        return self._paint_scale(painter, QRectF(area.left(), area.bottom(), area.width(), _SCALE))

    def _paint_inside(self, painter: QPainter, part: QRectF, name: str) -> None:
        """A stage's name in its part of the bar, where it fits."""
        font = sized(self.font(), CAPTION_PX)
        text = tr(STAGE_NAMES[name])
        # A line in the ground's colour keeps neighbours of like brightness apart.
        painter.setPen(QPen(self.roles.color("surface"), 1))
        painter.drawLine(part.topRight(), part.bottomRight())
        if QFontMetricsF(font).horizontalAdvance(text) + GAP <= part.width():
            painter.setFont(font)
            painter.setPen(readable_on(stage_color(name, self.roles)))
            painter.drawText(part, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_scale(self, painter: QPainter, area: QRectF) -> float:
        painter.setFont(tabular(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        known = self._report is not None and self._age_ms is not None
        middle = tr("age {time}", time=milliseconds(self._age_ms or 0.0)) if known else ""
        for text, side in (
            ("0", Qt.AlignmentFlag.AlignLeft),
            (middle, Qt.AlignmentFlag.AlignHCenter),
            (milliseconds(self._top.value), Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, text)
        return area.bottom() + GAP_SMALL

    def _paint_legend(self, painter: QPainter, area: QRectF) -> float:
        """The stages with their medians, in columns, downwards in pipeline order."""
        spans = self._report.spans if self._report is not None else ()
        columns = self._legend_columns(area.width())
        lines = math.ceil(len(spans) / columns)
        width = area.width() / columns
        painter.setFont(tabular(self.font(), CAPTION_PX))
        for place, (name, value) in enumerate(spans):
            column, line = divmod(place, lines)
            left = area.left() + column * width
            entry = QRectF(left, area.top() + line * _LINE, width - 2 * GAP, _LINE)
            self._paint_entry(painter, entry, name, value)
        return area.top() + lines * _LINE

    def _legend_columns(self, width: float) -> int:
        """Two, where every name fits beside its value in half of the width."""
        spans = self._report.spans if self._report is not None else ()
        metrics = QFontMetricsF(tabular(self.font(), CAPTION_PX))
        widest = max(
            (
                metrics.horizontalAdvance(tr(STAGE_NAMES[name]) + milliseconds(value))
                for name, value in spans
            ),
            default=0.0,
        )
        return 2 if 2 * (widest + _SWATCH_ROOM + GAP_SMALL + 2 * GAP) <= width else 1

    def _paint_entry(self, painter: QPainter, area: QRectF, name: str, value: float) -> None:
        swatch = QRectF(area.left(), area.center().y() - 4, 8, 8)
        painter.fillRect(swatch, stage_color(name, self.roles))
        text = milliseconds(value)
        # Less than nothing is a contradiction of clocks.
        painter.setPen(self.roles.color("text" if value >= 0 else "error"))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        metrics = QFontMetricsF(painter.font())
        room = area.width() - _SWATCH_ROOM - metrics.horizontalAdvance(text) - GAP_SMALL
        stage = tr(STAGE_NAMES[name])
        label = metrics.elidedText(stage, Qt.TextElideMode.ElideRight, max(0.0, room))
        painter.setPen(self.roles.color("text_muted"))
        painter.drawText(area.adjusted(_SWATCH_ROOM, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, label)

    def _paint_histogram(self, painter: QPainter, area: QRectF) -> None:
        """The histogram; where it is low, without names at its percentiles."""
        labelled = area.height() >= _LABELLED_HISTOGRAM
        plot = self._plot = area.adjusted(0, _PERCENTILE if labelled else 0, 0, -_SCALE)
        painter.setPen(QPen(self.roles.color("border"), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setFont(tabular(self.font(), CAPTION_PX))
        for mark in _MARKS_MS:
            self._paint_mark(painter, plot, mark)
        report = self._report
        if report is None:
            draw_notice(painter, plot, self.notice, self.roles)
            return
        highest = max(1, int(report.counts.max()))
        color = self.roles.color("accent")
        edges = [plot.left() + share * plot.width() for share in _EDGE_SHARES]
        for place, count in enumerate(report.counts.tolist()):
            if not count:
                continue
            left, right = edges[place], edges[place + 1]
            height = max(1.0, plot.height() * count / highest)
            bar = QRectF(left, plot.bottom() - height, max(1.0, right - left - 1), height)
            painter.fillRect(bar, color)
        for name, value in (("p50", report.p50), ("p99", report.p99)):
            self._paint_percentile(painter, plot, name if labelled else "", value)

    def _paint_mark(self, painter: QPainter, plot: QRectF, mark: float) -> None:
        """A round number on the axis with a faint line above it."""
        x = round(_along(mark, plot))
        painter.setPen(QPen(self.roles.color("border"), 1))
        painter.drawLine(x, int(plot.top()), x, int(plot.bottom()))
        painter.setPen(self.roles.color("text_muted"))
        text = f"{significant(mark)} ms" if mark < 1000 else f"{significant(mark / 1000)} s"
        label = QRectF(x - 40, plot.bottom(), 80, _SCALE)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_percentile(self, painter: QPainter, plot: QRectF, name: str, value: float) -> None:
        x = round(_along(value, plot))
        painter.setPen(QPen(self.roles.color("text"), 1))
        painter.drawLine(x, int(plot.top()), x, int(plot.bottom()))
        # p50 writes to the left of its line and p99 to the right: they never meet.
        left = x - 42 if name == "p50" else x + 2
        label = QRectF(left, plot.top() - _PERCENTILE, 40, _PERCENTILE)
        side = Qt.AlignmentFlag.AlignRight if name == "p50" else Qt.AlignmentFlag.AlignLeft
        painter.drawText(label, side | Qt.AlignmentFlag.AlignVCenter, name)


def _along(value_ms: float, plot: QRectF) -> float:
    """Where a value lies on the logarithmic axis of the histogram."""
    return plot.left() + _share(value_ms) * plot.width()


def _share(value_ms: float) -> float:
    inside = min(max(value_ms, _FIRST_MS), _LAST_MS)
    return math.log(inside / _FIRST_MS) / math.log(_LAST_MS / _FIRST_MS)


_EDGE_SHARES = tuple(map(_share, EDGES_MS.tolist()))
