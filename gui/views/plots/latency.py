"""What every stage of the wire costs: a stacked bar of medians, percentiles and a histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from backend.core.status import RunStatus
from gui.views.contrast import readable_on
from gui.views.messages import draw_notice
from gui.views.plots.latency_ground import (
    PERCENTILE,
    WIDEST,
    LatencyGround,
    along,
    columns_in,
    height_of,
    places_in,
    share,
)
from gui.views.plots.run_lines import run_lines
from gui.views.plots.stage_report import (
    EDGES_MS,
    WINDOW_S,
    LatencyReport,
)
from gui.views.scales import SteadyTop, milliseconds
from gui.views.stages import STAGE_NAMES, stage_color
from gui.views.view import View
from gui.widgets.language import number, tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, TITLE_PX, Palette, sized, tabular

_LEAST_WIDTH = 260
_LEAST_NAMED = 2.0 * CAPTION_PX
"""No stage's name has room in a narrower part of the bar."""
_AGE_ABOVE, _AGE_BELOW, _AGE_HALO = 3.0, 2.0, 3.0
_TOP_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_MIDDLE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_MIDDLE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Span: TypeAlias = tuple[str, float]


class LatencyView(View):
    """Shows the last ten seconds of a run; give it the window of the run's trace ring."""

    frame_wanted = Signal(float, float)
    """A bar of the histogram was clicked: the latencies in ms from which to which it counts."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Latency"), parent, palette)
        self._report: LatencyReport | None = None
        self._last: LatencyReport | None = None
        self._run = RunStatus()
        self._failed, self._answered = 0, False
        self._top = SteadyTop(least=1.0)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._age_ms: float | None = None
        self._plot, self._least = QRectF(), QSize()
        self._ground = LatencyGround()
        self._columned: tuple[tuple[tuple[str, ...], int], int] = ((), 0), 1
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Room for the numbers, the bar, its legend and the histogram."""
        return QSize(380, max(280, self.minimumSizeHint().height()))

    def minimumSizeHint(self) -> QSize:
        """As high as all stages and the histogram need; who shows the view scrolls it."""
        stages = self._stages
        return QSize(_LEAST_WIDTH, height_of(len(stages), self._columns(stages)))

    @property
    def _stages(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self._report.spans) if self._report is not None else ()

    def _columns(self, stages: tuple[str, ...]) -> int:
        """Of the stages at this width."""
        asked = stages, self.width()
        if asked != self._columned[0]:
            self._columned = asked, columns_in(self.width() - 2 * GAP, stages, self.font())
        return self._columned[1]

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

    def show_report(
        self, report: LatencyReport | None, failed: int, *, answered: bool, age_ms: float | None
    ) -> None:
        """Show what `report_on` found, how many failed, and whether there was ever an answer.

        `age_ms` is the median age of an answer when it is first on the screen.
        """
        self._report = report
        self._failed, self._age_ms, self._answered = failed, age_ms, answered
        if self._report is not None:
            self._last = self._report
            self._top.update(max(self._report.length, age_ms or 0.0))
            if (least := self.minimumSizeHint()) != self._least:
                self._least = least
                self.updateGeometry()
        if self.isVisible():
            self.describe()
            self.update()

    def show_run(self, status: RunStatus) -> None:
        """Say of the whole run, in the tooltip, what the panel says of the last seconds."""
        self._run = status
        if self.underMouse():
            self._refresh_tip()

    def clear(self) -> None:
        """Forget everything."""
        self._report, self._last = None, None
        self._failed, self._answered = 0, False
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Let the tooltip say what is known by now."""
        self._refresh_tip()
        super().enterEvent(event)

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

    def _refresh_tip(self) -> None:
        self.setToolTip("\n".join(run_lines(self._run, self._last)))

    def _bin_at(self, position: QPointF) -> int | None:
        """The bar nearest to a place in the histogram, None outside of it or without any."""
        if self._report is None or not self._plot.contains(position):
            return None
        filled = np.flatnonzero(self._report.counts)
        middles = [along(math.sqrt(EDGES_MS[n] * EDGES_MS[n + 1]), self._plot) for n in filled]
        return int(filled[np.argmin(np.abs(np.array(middles) - position.x()))])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what changes over what stays; the view is never lower than its parts are."""
        painter = QPainter(self)
        spans = self._report.spans if self._report is not None else ()
        stages = self._stages
        names = [tr("now"), "p50", "p95", "p99", tr("failed")]
        places = places_in(self.size(), len(names), len(stages), self._columns(stages))
        self._plot = places.plot or QRectF()
        ratio = self.devicePixelRatioF()
        ground = self._ground.picture(
            self.size(), ratio, places, names, stages, self.roles, self.font()
        )
        painter.drawPixmap(0, 0, ground)
        self._paint_numbers(painter, places.numbers)
        self._paint_bar(painter, places.bar, spans)
        self._paint_scale(painter, places.scale)
        self._paint_age(painter, places.bar, places.scale)
        self._paint_values(painter, places.entries, spans)
        if places.plot is not None:
            self._paint_histogram(painter, places.plot, labelled=places.labelled)

    def _paint_numbers(self, painter: QPainter, cells: Sequence[QRectF]) -> None:
        """Newest value and percentiles, each in a slot of its own width; old ones are muted."""
        report = self._last
        if report is None:
            texts = ["–"] * 4
        else:
            shown = (report.newest, report.p50, report.p95, report.p99)
            texts = [milliseconds(float(value)) for value in shown]
        silent = report is None and not self._failed
        texts.append("–" if silent else str(self._failed))
        big = tabular(self.font(), TITLE_PX, bold=True)
        fits = QFontMetricsF(big).horizontalAdvance(WIDEST) + GAP <= cells[0].width()
        painter.setFont(big if fits else tabular(self.font(), CAPTION_PX, bold=True))
        painter.setPen(self.roles.color("text" if self._report is not None else "text_muted"))
        for cell, text in zip(cells, texts, strict=True):
            if cell is cells[-1] and self._failed:
                painter.setPen(self.roles.color("error"))
            painter.drawText(cell.adjusted(0, 15, 0, 0), _TOP_LEFT, text)

    def _paint_bar(self, painter: QPainter, area: QRectF, spans: Sequence[_Span]) -> None:
        """The stacked medians, with the names of the stages that have room for them."""
        x, per_ms = area.left(), area.width() / self._top.value
        parts = []
        for name, value in spans:
            width = max(0.0, value) * per_ms
            parts.append((QRectF(x, area.top(), width, area.height()), name))
            painter.fillRect(parts[-1][0], stage_color(name, self.roles))
            x += width
        # Lines in the ground's colour keep neighbours of like brightness apart.
        painter.setPen(QPen(self.roles.color("surface"), 1))
        painter.drawLines([QLineF(part.topRight(), part.bottomRight()) for part, _ in parts])
        painter.setFont(sized(self.font(), CAPTION_PX))
        for part, name in parts:
            if part.width() > _LEAST_NAMED:
                self._paint_inside(painter, part, name)

    def _paint_inside(self, painter: QPainter, part: QRectF, name: str) -> None:
        """A stage's name in its part of the bar, where it fits."""
        text = tr(STAGE_NAMES[name])
        if QFontMetricsF(painter.font()).horizontalAdvance(text) + GAP <= part.width():
            painter.setPen(readable_on(stage_color(name, self.roles)))
            painter.drawText(part, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_scale(self, painter: QPainter, area: QRectF) -> None:
        """From 0 to a round number of ms."""
        painter.setFont(tabular(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        for text, side in (("0", _MIDDLE_LEFT), (milliseconds(self._top.value), _MIDDLE_RIGHT)):
            painter.drawText(area, side, text)

    @property
    def age_share(self) -> float | None:
        """The part of the bar's axis before the age of an answer, None where that is not known."""
        if self._report is None or self._age_ms is None:
            return None
        return self._age_ms / self._top.value

    def _paint_age(self, painter: QPainter, bar: QRectF, scale: QRectF) -> None:
        """A mark through the bar at the age, with its words below, clear of the axis' ends."""
        share = self.age_share
        if share is None:
            return
        x = round(bar.left() + share * bar.width())
        text = tr("age {time}", time=milliseconds(self._age_ms or 0.0))
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text)
        least = scale.left() + metrics.horizontalAdvance("0") + GAP
        ends = metrics.horizontalAdvance(milliseconds(self._top.value))
        most = scale.right() - ends - GAP - width
        left = max(least, min(x - width / 2, most))
        painter.setPen(QPen(self.roles.color("surface"), _AGE_HALO))
        painter.drawLine(QLineF(x, bar.top() - _AGE_ABOVE, x, bar.bottom()))
        painter.setPen(QPen(self.roles.color("text"), 1))
        painter.drawLine(QLineF(x, bar.top() - _AGE_ABOVE, x, bar.bottom() + _AGE_BELOW))
        painter.drawText(QRectF(left, scale.top(), width, scale.height()), _MIDDLE_LEFT, text)

    def _paint_values(
        self, painter: QPainter, entries: Sequence[QRectF], spans: Sequence[_Span]
    ) -> None:
        """The medians beside the names of their stages, in the scale's font."""
        painter.setPen(self.roles.color("text"))
        for area, (_, value) in zip(entries, spans, strict=True):
            contradicts = value < 0  # less than nothing is trouble with clocks
            if contradicts:
                painter.setPen(self.roles.color("error"))
            painter.drawText(area, _MIDDLE_RIGHT, milliseconds(value))
            if contradicts:
                painter.setPen(self.roles.color("text"))

    def _paint_histogram(self, painter: QPainter, plot: QRectF, *, labelled: bool) -> None:
        """The bars; where there is little room, without names at the percentiles."""
        report = self._report
        if report is None:
            draw_notice(painter, plot, self.notice, self.roles)
            return
        highest = max(1, int(report.counts.max()))
        edges = [plot.left() + part * plot.width() for part in _EDGE_SHARES]
        bars = []
        for place, count in enumerate(report.counts.tolist()):
            if count:
                left, right = edges[place], edges[place + 1]
                height = max(1.0, plot.height() * count / highest)
                top = plot.bottom() - height
                bars.append(QRectF(left, top, max(1.0, right - left - 1), height))
        painter.setBrush(self.roles.color("accent"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRects(bars)
        painter.setPen(QPen(self.roles.color("text"), 1))
        for name, value in (("p50", report.p50), ("p99", report.p99)):
            self._paint_percentile(painter, plot, name if labelled else "", value)

    def _paint_percentile(self, painter: QPainter, plot: QRectF, name: str, value: float) -> None:
        x = round(along(value, plot))
        painter.drawLine(x, int(plot.top()), x, int(plot.bottom()))
        if not name:
            return
        # p50 writes to the left of its line and p99 to the right: they never meet.
        left = x - 42 if name == "p50" else x + 2
        label = QRectF(left, plot.top() - PERCENTILE, 40, PERCENTILE)
        side = Qt.AlignmentFlag.AlignRight if name == "p50" else Qt.AlignmentFlag.AlignLeft
        painter.drawText(label, side | Qt.AlignmentFlag.AlignVCenter, name)


_EDGE_SHARES = tuple(map(share, EDGES_MS.tolist()))
