"""The compare page: choices above, then the verdict, the table and the charts of a result."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import (
    QLabel,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from backend.compare.bench import (
    BenchResult,
    as_csv,
    as_markdown,
    encode_result,
    read_result,
    verdict_of,
)
from backend.core.errors import ConsoleError, UsageError
from gui.compare.charts import RowChart, byte_rows, cpu_rows, latency_rows, stage_rows
from gui.compare.choices import SIZES, ChoiceBar, Payload
from gui.compare.curves import CurveChart, cost_by_size, throughput
from gui.compare.process import BenchProcess, Step
from gui.compare.request import question, sample_file, target_arguments
from gui.compare.table import CellTable
from gui.compare.verdict_card import VerdictCard
from gui.targets import saved_name
from gui.views.view import View
from gui.widgets.file_dialogs import ask_file, ask_new_file
from gui.widgets.language import marked, tr
from gui.widgets.theme import GAP, Palette
from gui.workspace.commands import Command
from gui.workspace.pages import PageHost

_NOTHING, _FAILED, _RESULT = range(3)


class ComparePage(QObject):
    """A `Page`: measures in a process of its own and shows what came of it."""

    name = "compare"
    icon = "compare"

    def __init__(self, host: PageHost, profile_file: Callable[[str, str], Path | None]) -> None:
        super().__init__()
        palette = host.palette_roles
        self._host = host
        self._profile_file = profile_file
        self._result: BenchResult | None = None
        self._before: BenchResult | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.process = BenchProcess(self)
        self.choices = ChoiceBar()
        self.verdict = VerdictCard()
        self.table = CellTable(palette)
        self.latency = RowChart(tr("Latency of each way"), palette=palette, log=True)
        self.stages = RowChart(tr("Stages of each way"), palette=palette, log=False)
        self.bytes = RowChart(tr("Bytes of each way"), palette=palette, log=False)
        self.cpu = RowChart(tr("Processor time of each way"), palette=palette, log=False)
        self.throughput = CurveChart(tr("Throughput by requests in flight"), palette=palette)
        self.sizes = CurveChart(tr("Latency by size"), palette=palette)
        self._empty, self._failure = _message(_explained()), _message("", "error")
        self._build()
        self._connect()

    # -- a page of the window ------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What its tab says."""
        return tr("Compare")

    @property
    def widget(self) -> QWidget:
        """What is shown."""
        return self._widget

    @property
    def result(self) -> BenchResult | None:
        """What is on show."""
        return self._result

    def commands(self) -> Iterator[Command]:
        """What can be done on it."""
        menu = marked("Compare")
        yield Command("compare.measure", tr("Measure every way"), self.measure, f"{menu}/run")
        yield Command("compare.open", tr("Open a result..."), self._ask_open, f"{menu}/file")
        yield Command("compare.against", tr("Compare with..."), self._ask_against, f"{menu}/file")
        yield Command("compare.save", tr("Save the result..."), self._ask_save, f"{menu}/file")
        for form in ("csv", "md", "png"):
            yield Command(
                f"compare.export.{form}",
                tr("Export as {form}...", form=form.upper()),
                partial(self._ask_export, form),
                f"{menu}/export",
            )

    def activated(self) -> None:
        """Measuring is what is done next."""
        self.choices.button.setFocus()

    def deactivated(self) -> None:
        """Nothing: a measurement goes on."""

    def escape(self) -> bool:
        """End the measurement under way."""
        under_way = self.process.running
        self._cancel()
        return under_way

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.table.set_palette_roles(palette)
        for view in self._views:
            view.set_palette_roles(palette)

    def close(self) -> None:
        """End what runs."""
        self.process.close()
        self._drop_folder()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.charts = QTabWidget()
        self.charts.setDocumentMode(True)
        for view, title in (
            (self.latency, tr("Latency")),
            (self.stages, tr("Where the time goes")),
            (self.bytes, tr("Bytes")),
            (self.cpu, tr("Processor")),
            (self.throughput, tr("Throughput")),
            (self.sizes, tr("By size")),
        ):
            self.charts.addTab(_scrolled(view), title)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        for part in (self.table, self.charts):
            parts.addWidget(part)
        parts.setSizes([220, 300])
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.verdict)
        column.addWidget(parts, 1)
        self._stack = QStackedWidget()
        for state in (self._empty, self._failure, shown):
            self._stack.addWidget(state)
        self._widget = QWidget()
        self._widget.setObjectName("page")
        whole = QVBoxLayout(self._widget)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.choices)
        whole.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.choices.measure.connect(self.measure)
        self.choices.cancel.connect(self._cancel)
        self.choices.file_wanted.connect(self._ask_payload)
        self.process.stepped.connect(self._show_step)
        self.process.finished.connect(self._show_measured)
        self.process.failed.connect(self._show_failure)

    @property
    def _views(self) -> tuple[View, ...]:
        return self.latency, self.stages, self.bytes, self.cpu, self.throughput, self.sizes

    # -- measuring -----------------------------------------------------------------------------

    @Slot()
    def measure(self) -> None:
        """Begin; what runs already goes on."""
        if self.process.running:
            return
        try:
            arguments = self._arguments()
        except (ConsoleError, OSError) as error:
            self._show_failure(error)
            return
        self.choices.show_running()
        self.process.start(arguments)

    def _arguments(self) -> list[str]:
        target, model = self._host.target, self._host.model
        if not model:
            raise UsageError(tr("No model is chosen."), tr("Choose one on the live page."))
        arguments = ["--model", model, *target_arguments(target)]
        profile = self._profile_file(saved_name(target), model)
        if profile is not None:
            arguments += ["--profile", str(profile)]
        arguments += question(self.choices.preset.value, self.choices.seconds.value())
        return arguments + self._payload_arguments()

    def _payload_arguments(self) -> list[str]:
        wanted = self.choices.payload.currentData()
        if wanted == Payload.SIZES:
            return ["--sizes", SIZES]
        if wanted == Payload.FILE:
            return ["--source", self.choices.file] if self.choices.file else []
        sample = self._host.newest_sample()
        if sample is None:
            return []  # nothing is on show: the command takes what suits the model
        self._drop_folder()
        self._folder = tempfile.TemporaryDirectory(prefix="inferdeck-")
        return ["--source", str(sample_file(sample, Path(self._folder.name)))]

    @Slot()
    def _cancel(self) -> None:
        if self.process.running:
            self.choices.show_ending()
            self.process.cancel()

    @Slot(object)
    def _show_step(self, step: Step) -> None:
        self.choices.show_running(step)

    @Slot(object)
    def _show_measured(self, result: BenchResult) -> None:
        self.choices.show_idle()
        self._drop_folder()
        self._show(result, "")

    @Slot(object)
    def _show_failure(self, error: Exception) -> None:
        self.choices.show_idle()
        self._drop_folder()
        self._failure.setText(str(error))
        if self._result is None:
            self._stack.setCurrentIndex(_FAILED)
        else:
            self._host.notifier.show_error(error)

    def _drop_folder(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    # -- showing -------------------------------------------------------------------------------

    def _show(self, result: BenchResult, name: str) -> None:
        self._result = result
        self.verdict.show_result(result, name)
        self.table.show_result(result, self._before)
        self.latency.show_rows(latency_rows(result))
        self.stages.show_rows(stage_rows(result))
        self.bytes.show_rows(byte_rows(result), in_bytes=True)
        self.cpu.show_rows(cpu_rows(result))
        self.throughput.show_curves(*throughput(result))
        self.sizes.show_curves(*cost_by_size(result))
        self.charts.setTabVisible(4, bool(self.throughput.curves))
        self.charts.setTabVisible(5, bool(self.sizes.curves))
        self._stack.setCurrentIndex(_RESULT)

    # -- files ---------------------------------------------------------------------------------

    @Slot()
    def _ask_payload(self) -> None:
        def use(path: str) -> None:
            self.choices.use_file(path, Path(path).name)

        ask_file(self._widget, tr("A picture or sound file to send"), use)

    @Slot()
    def _ask_open(self) -> None:
        ask_file(self._widget, tr("Open a result"), partial(self._read, self._opened))

    @Slot()
    def _ask_against(self) -> None:
        ask_file(self._widget, tr("Compare with a result"), partial(self._read, self._compared))

    def _read(self, use: Callable[[Path, BenchResult], None], path: str) -> None:
        self._host.tasks.start(
            "bench-result",
            lambda: read_result(Path(path)),
            partial(use, Path(path)),
            self._host.notifier.show_error,
        )

    def _opened(self, path: Path, result: BenchResult) -> None:
        self._before = None
        self._show(result, path.name)

    def _compared(self, path: Path, result: BenchResult) -> None:
        if self._result is None:
            self._opened(path, result)
            return
        self._before = result
        self._show(self._result, tr("beside {file}", file=path.name))

    @Slot()
    def _ask_save(self) -> None:
        self._ask_export("json")

    def _ask_export(self, form: str) -> None:
        if self._result is None:
            self._host.notifier.show_error(
                UsageError(tr("There is no result yet."), tr("Measure, or open one."))
            )
            return
        ask_new_file(
            self._widget,
            tr("Save the result"),
            f"compare.{form}",
            partial(self._export, form),
        )

    def _export(self, form: str, path: str) -> None:
        result = self._result
        assert result is not None
        if form == "png":
            if not self._widget.grab().save(path, "PNG"):
                self._host.notifier.show_error(
                    UsageError(tr("{path} cannot be written.", path=path))
                )
            return
        self._host.tasks.start(
            "bench-export",
            lambda: Path(path).write_bytes(_encoded(form, result)),
            lambda _: None,
            self._host.notifier.show_error,
        )


def _encoded(form: str, result: BenchResult) -> bytes:
    if form == "csv":
        return as_csv(result).encode()
    if form == "md":
        return as_markdown(result, verdict_of(result)).encode()
    return encode_result(result)


def _explained() -> str:
    return tr(
        "Which way to this model is best?\n\nMeasure sends one sample over every transport and "
        "serialisation in turn and says which is fastest, by how much, and what it costs."
    )


def _message(text: str, role: str = "muted") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setContentsMargins(4 * GAP, GAP, 4 * GAP, GAP)
    return label


def _scrolled(view: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(view)
    return area
