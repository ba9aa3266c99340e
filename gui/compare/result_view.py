"""A result on show: the sentence above, the table, and the charts in tabs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from backend.compare.bench import BenchResult
from gui.compare.curve_chart import CurveChart
from gui.compare.curves import cost_by_size, latency_by_rate, throughput
from gui.compare.row_chart import RowChart
from gui.compare.rows import (
    byte_rows,
    cpu_rows,
    latency_rows,
    rate_rows,
    rate_text,
    size_text,
    stage_rows,
)
from gui.compare.table import CellTable
from gui.compare.verdict_card import FittingArea, VerdictCard
from gui.views.scales import milliseconds
from gui.views.view import View
from gui.widgets.fitting_tabs import FittingTabs
from gui.widgets.language import tr
from gui.widgets.theme import Palette

_TABLE_SHARE, _CHART_SHARE = 220, 300
_ROOM = 60
"""Around a row that is scrolled to: some of its neighbours, and the axis above the first."""


class ResultView(QWidget):
    """Shows one result, with `before` also how it differs from an older one.

    A way that is chosen in the table or a chart is marked in all of them; a point of a curve also
    opens where its time goes.
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.verdict = VerdictCard()
        self.table = CellTable(palette)
        self.latency = RowChart(tr("Latency of each way"), palette=palette, log=True)
        self.rates = RowChart(tr("Throughput of each way"), palette=palette, log=False)
        self.stages = RowChart(tr("Stages of each way"), palette=palette, log=False)
        self.bytes = RowChart(tr("Bytes of each way"), palette=palette, log=False)
        self.cpu = RowChart(tr("Processor time of each way"), palette=palette, log=False)
        self.scaling = CurveChart(tr("Throughput by requests in flight"), palette=palette)
        self.load = CurveChart(tr("Latency by throughput"), palette=palette)
        self.sizes = CurveChart(tr("Latency by size"), palette=palette)
        self.charts = FittingTabs()
        for view, title in (
            (self.latency, tr("Latency")),
            (self.rates, tr("Throughput")),
            (self.stages, tr("Where the time goes")),
            (self.bytes, tr("Bytes")),
            (self.cpu, tr("Processor")),
            (self.scaling, tr("In flight")),
            (self.load, tr("Under load")),
            (self.sizes, tr("By size")),
        ):
            self.charts.addTab(_scrolled(view, title), title)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        parts.addWidget(self.table)
        parts.addWidget(self.charts)
        parts.setSizes([_TABLE_SHARE, _CHART_SHARE])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._said = FittingArea(self.verdict)
        column.addWidget(self._said)
        column.addWidget(parts, 1)
        self._show_tabs()
        self.table.chosen.connect(self._mark)
        for chart in self._bars:
            chart.chosen.connect(self.table.mark)
        for curves in self._curves:
            curves.chosen.connect(self._open_stages)

    def show_result(
        self,
        result: BenchResult,
        *,
        name: str = "",
        before: BenchResult | None = None,
        before_name: str = "",
        running: bool = False,
    ) -> None:
        """Show this; names are those of their files, `running` that more is to come."""
        if running:
            self.verdict.show_running(result)
        else:
            self.verdict.show_result(result, name, before, before_name)
        self._said.updateGeometry()
        self.table.show_result(result, before)
        self.latency.show_rows(latency_rows(result), milliseconds)
        self.rates.show_rows(rate_rows(result), rate_text)
        self.stages.show_rows(stage_rows(result), milliseconds)
        self.bytes.show_rows(byte_rows(result), size_text)
        self.cpu.show_rows(cpu_rows(result), milliseconds)
        self.scaling.show_curves(*throughput(result))
        self.load.show_curves(*latency_by_rate(result))
        self.sizes.show_curves(*cost_by_size(result))
        self._mark(self.table.marked)
        self._show_tabs()

    def _show_tabs(self) -> None:
        """Curves where there are any; the first that comes new is what was asked for."""
        at = self.charts.currentIndex()
        new = [chart for chart in self._curves if chart.curves and not self.shows(chart)]
        for chart in self._curves:
            self.charts.offer(self._place(chart), offered=bool(chart.curves))
        if new:
            self.charts.setCurrentIndex(self._place(new[0]))
        elif not self.charts.offers(at):
            self.charts.setCurrentIndex(0)

    @Slot(str)
    def _mark(self, key: str) -> None:
        for chart in self._bars:
            chart.mark(key)

    @Slot(str)
    def _open_stages(self, key: str) -> None:
        self.table.mark(key)
        self.charts.setCurrentIndex(self._place(self.stages))
        row = self.stages.place_of(key)
        area = self.charts.currentWidget()
        if row is not None and isinstance(area, QScrollArea):
            middle = row.center().toPoint()
            area.ensureVisible(0, middle.y(), 0, _ROOM)

    def shows(self, chart: View) -> bool:
        """Whether the chart has a tab."""
        return self.charts.offers(self._place(chart))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.table.set_palette_roles(palette)
        for view in self._views:
            view.set_palette_roles(palette)

    @property
    def _views(self) -> tuple[View, ...]:
        return (*self._bars, *self._curves)

    @property
    def _bars(self) -> tuple[RowChart, ...]:
        return (self.latency, self.rates, self.stages, self.bytes, self.cpu)

    @property
    def _curves(self) -> tuple[CurveChart, ...]:
        return (self.scaling, self.load, self.sizes)

    def _place(self, chart: View) -> int:
        return self._views.index(chart)


def _scrolled(view: QWidget, title: str) -> QScrollArea:
    area = QScrollArea()
    area.setAccessibleName(title)
    area.setWidgetResizable(True)
    area.setWidget(view)
    return area
