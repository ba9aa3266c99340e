"""A result on show: the sentence above, the table, and the charts in tabs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from backend.compare.bench import BenchResult
from gui.compare.charts import (
    RowChart,
    byte_rows,
    cpu_rows,
    latency_rows,
    rate_rows,
    rate_text,
    size_text,
    stage_rows,
)
from gui.compare.curve_chart import CurveChart
from gui.compare.curves import cost_by_size, latency_by_rate, throughput
from gui.compare.table import CellTable
from gui.compare.verdict_card import VerdictCard
from gui.views.scales import milliseconds
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import Palette

_TABLE_SHARE, _CHART_SHARE = 220, 300


class ResultView(QWidget):
    """Shows one result, with `before` also how it differs from an older one."""

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
        self.charts = QTabWidget()
        self.charts.setDocumentMode(True)
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
            self.charts.addTab(_scrolled(view), title)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        parts.addWidget(self.table)
        parts.addWidget(self.charts)
        parts.setSizes([_TABLE_SHARE, _CHART_SHARE])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.verdict)
        column.addWidget(parts, 1)

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
        self.table.show_result(result, before)
        self.latency.show_rows(latency_rows(result), milliseconds)
        self.rates.show_rows(rate_rows(result), rate_text)
        self.stages.show_rows(stage_rows(result), milliseconds)
        self.bytes.show_rows(byte_rows(result), size_text)
        self.cpu.show_rows(cpu_rows(result), milliseconds)
        self.scaling.show_curves(*throughput(result))
        self.load.show_curves(*latency_by_rate(result))
        self.sizes.show_curves(*cost_by_size(result))
        for chart in (self.scaling, self.load, self.sizes):
            self.charts.setTabVisible(self._place(chart), bool(chart.curves))

    def shows(self, chart: View) -> bool:
        """Whether the chart has a tab."""
        return self.charts.isTabVisible(self._place(chart))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.table.set_palette_roles(palette)
        for view in self._views:
            view.set_palette_roles(palette)

    @property
    def _views(self) -> tuple[View, ...]:
        rows = (self.latency, self.rates, self.stages, self.bytes, self.cpu)
        return (*rows, self.scaling, self.load, self.sizes)

    def _place(self, chart: View) -> int:
        return self._views.index(chart)


def _scrolled(view: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(view)
    return area
