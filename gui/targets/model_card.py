"""One model: state, tensors, configuration, and what it costs the server, every second."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.clients.control import ServerControlClient
from backend.core.description import ModelDescription
from backend.core.target import Target
from backend.core.tensors import TensorSpec
from gui.state.tasks import Tasks
from gui.targets.model_facts import CardFacts, facts_of, fallback_line, headline, statistics_lines
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE

_EVERY_MS = 1000
_ROWS = 220


@dataclass(frozen=True, slots=True)
class CardContext:
    """How the card asks: on `tasks`, with a client for the target that `resolve` made usable."""

    tasks: Tasks
    target: Target
    resolve: Callable[[Target], Target]
    make_control: Callable[[Target], ServerControlClient]
    changed: Callable[[str], object] = field(default=lambda _model: None)
    """Called with the model's name once it was loaded or unloaded."""


class ModelCard(QDialog):
    """A window beside the main one; it asks the server as long as it is open."""

    def __init__(self, window: QWidget, model: str, place: CardContext) -> None:
        super().__init__(window)
        self.model = model
        self._place = place
        self._client: ServerControlClient | None = None
        self._busy = self._closed = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(model)
        self._build()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._count)
        self._ask()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        title = QLabel(self.model)
        title.setProperty("role", "title")
        self.line = QLabel(tr("Asking the server..."))
        self.line.setProperty("role", "muted")
        self.line.setWordWrap(True)
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.tensors = _table([tr("Tensor"), tr("Datatype"), tr("Shape")], (_ROWS, 90, 200))
        self.versions = _table([tr("Version"), tr("State"), tr("Reason")], (90, 120, 300))
        self.statistics = QWidget()
        self._grid = QGridLayout(self.statistics)
        self._grid.setContentsMargins(GAP, GAP, GAP, GAP)
        self._grid.setHorizontalSpacing(GAP_LARGE)
        self._grid.setVerticalSpacing(GAP)
        self._cells: dict[str, QLabel] = {}
        self.config = QPlainTextEdit()
        self.config.setReadOnly(True)
        self.config.setProperty("role", "panel")
        self.config.setAccessibleName(tr("Configuration"))
        self.config.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.tabs = QTabWidget()
        self.tabs.addTab(self.tensors, tr("Inputs and outputs"))
        self.tabs.addTab(self.versions, tr("Versions"))
        self.tabs.addTab(self.statistics, tr("Statistics"))
        self.tabs.addTab(self.config, tr("Configuration"))
        self.load = _button(tr("Load"), lambda: self._do("load"))
        self.unload = _button(tr("Unload"), lambda: self._do("unload"))
        close = _button(tr("Close"), self.reject)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.load)
        row.addWidget(self.unload)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        for widget in (title, self.line, self.wrong):
            column.addWidget(widget)
        column.addWidget(self.tabs, 1)
        column.addLayout(row)
        self._block(tr("Asking the server..."))
        self.resize(620, 460)

    # -- asking --------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Everything anew."""
        self._busy = True
        self._place.tasks.start("model-card", self._learn, self.show_facts, self._failed)

    def _learn(self) -> CardFacts:
        if self._client is None:
            self._client = self._place.make_control(self._place.resolve(self._place.target))
        return facts_of(self._client, self.model)

    @Slot()
    def _count(self) -> None:
        """Statistics anew, unless an answer is still on its way."""
        client = self._client
        if self._busy or client is None:
            return
        self._busy = True
        self._place.tasks.start(
            "model-statistics",
            lambda: tuple(client.statistics(self.model)),
            self._counted,
            self._not_counted,
        )

    def _do(self, what: str) -> None:
        client = self._client
        if client is None:
            return
        self._block(tr("Loading...") if what == "load" else tr("Unloading..."))
        self._timer.stop()

        def work() -> None:
            (client.load if what == "load" else client.unload)(self.model)

        self._place.tasks.start(f"{what}-model", work, self._done_with_it, self._refused)

    def _done_with_it(self, _result: object) -> None:
        self._place.changed(self.model)
        if not self._closed:
            self._ask()

    # -- showing -------------------------------------------------------------------------------

    def show_facts(self, facts: CardFacts) -> None:
        """Show what the server said."""
        self._busy = False
        if self._closed:
            return
        wrong = facts.problem or fallback_line(facts)
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))
        self.line.setText(headline(facts))
        self._show_tensors(facts.description)
        self._show_versions(facts)
        self._show_statistics(facts.statistics, facts.why_no_statistics)
        text = json.dumps(facts.config, indent=2) if facts.config is not None else ""
        self.config.setPlainText(text or facts.why_no_config)
        self.load.setText(tr("Reload") if facts.ready else tr("Load"))
        self.load.setEnabled(not facts.why_no_load)
        self.load.setToolTip(facts.why_no_load)
        unload = facts.why_no_load or ("" if facts.ready else tr("It is not loaded."))
        self.unload.setEnabled(not unload)
        self.unload.setToolTip(unload)
        if facts.why_no_statistics:
            self._timer.stop()
        else:
            self._timer.start()

    def _show_tensors(self, description: ModelDescription | None) -> None:
        self.tensors.clear()
        for title, specs in (
            (tr("Inputs"), description.inputs if description else ()),
            (tr("Outputs"), description.outputs if description else ()),
        ):
            group = QTreeWidgetItem([title])
            self.tensors.addTopLevelItem(group)
            for spec in specs:
                group.addChild(QTreeWidgetItem([spec.name, spec.datatype, _shape(spec)]))
            group.setExpanded(True)

    def _show_versions(self, facts: CardFacts) -> None:
        self.versions.clear()
        listed = facts.states or tuple(
            (version, "", "")
            for version in (facts.description.versions if facts.description else ())
        )
        for row in listed:
            self.versions.addTopLevelItem(QTreeWidgetItem(list(row)))

    def _show_statistics(self, rows: Sequence[dict[str, Any]], why_not: str) -> None:
        values = statistics_lines(rows) if rows else ()
        if why_not or not values:
            values = ((why_not or tr("Nothing was counted yet."), ""),)
        if tuple(self._cells) != tuple(title for title, _ in values):
            self._new_cells([title for title, _ in values])
        for title, value in values:
            self._cells[title].setText(value)

    def _new_cells(self, titles: Sequence[str]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._cells = {}
        for row, title in enumerate(titles):
            caption = QLabel(title)
            caption.setProperty("role", "muted")
            value = QLabel()
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(caption, row, 0)
            self._grid.addWidget(value, row, 1)
            self._cells[title] = value
        self._grid.setColumnStretch(2, 1)
        self._grid.setRowStretch(len(titles), 1)

    def _counted(self, rows: tuple[dict[str, Any], ...]) -> None:
        self._busy = False
        if not self._closed:
            self._show_statistics(rows, "")

    def _not_counted(self, error: Exception) -> None:
        self._busy = False
        if not self._closed:
            self._show_statistics((), str(error))

    def _failed(self, error: Exception) -> None:
        self._busy = False
        if self._closed:
            return
        self.line.setText("")
        self.wrong.setText(str(error))
        self.wrong.show()
        self.load.setEnabled(self._client is not None)
        self.unload.setEnabled(False)

    def _refused(self, error: Exception) -> None:
        """It was not loaded or unloaded: say why, all else is as it was."""
        if self._closed:
            return
        self.wrong.setText(str(error))
        self.wrong.show()
        for button in (self.load, self.unload):
            button.setEnabled(True)
            button.setToolTip("")
        self._timer.start()

    def _block(self, reason: str) -> None:
        for button in (self.load, self.unload):
            button.setEnabled(False)
            button.setToolTip(reason)

    def done(self, result: int) -> None:
        """Ask no more."""
        self._closed = True
        self._timer.stop()
        client = self._client
        if client is not None:
            self._place.tasks.start("close-card", client.close, lambda _: None, lambda _error: None)
        super().done(result)


def _shape(spec: TensorSpec) -> str:
    sizes = ", ".join("?" if size < 0 else str(size) for size in spec.shape)
    return f"[{sizes}]" + (tr("  optional") if spec.optional else "")


def _table(titles: Sequence[str], widths: Sequence[int]) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels(list(titles))
    tree.setAccessibleName(titles[0])
    tree.setIndentation(GAP_LARGE)
    tree.setRootIsDecorated(False)
    header = tree.header()
    header.setStretchLastSection(True)
    for index, width in enumerate(widths[:-1]):
        header.setSectionResizeMode(index, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(index, width)
    return tree


def _button(text: str, run: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(run)
    return button
