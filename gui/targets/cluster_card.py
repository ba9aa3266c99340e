"""The nodes and replicas behind a target, every two seconds as long as somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.clients.control import ServerControlClient
from backend.core.target import Target
from backend.wire.oip.cluster import ClusterStatus
from gui.state.switches import target_title
from gui.state.tasks import Tasks
from gui.targets.cluster_facts import (
    Load,
    NodeRow,
    columns,
    headline,
    loads_of,
    loss_line,
    node_rows,
)
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE, tabular

_EVERY_MS = 2000
_WIDTHS = (72, 88, 72, 72, 104, 80)
"""Of all columns but the first, which takes the rest."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class ClusterContext:
    """How it asks: on `tasks`, with a client for the target that `resolve` made usable."""

    tasks: Tasks
    target: Target
    resolve: Callable[[Target], Target]
    make_control: Callable[[Target], ServerControlClient]


class ClusterCard(QDialog):
    """A window beside the main one; it asks while it is visible, one question at a time."""

    def __init__(self, window: QWidget, place: ClusterContext) -> None:
        super().__init__(window)
        self._place = place
        self._client: ServerControlClient | None = None
        self._loads: Mapping[str, Load] = {}
        self._shown: list[tuple[str, ...]] = []
        self._busy = self._closed = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Nodes and replicas"))
        self._build()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._ask)

    def _build(self) -> None:
        title = QLabel(target_title(self._place.target))
        title.setProperty("role", "title")
        self.line = QLabel(tr("Asking the server..."))
        self.line.setProperty("role", "muted")
        self.lost = QLabel()
        self.lost.setProperty("role", "warning")
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(list(columns()))
        self.tree.setAccessibleName(tr("Nodes and replicas"))
        self.tree.setIndentation(GAP_LARGE)
        self.tree.setUniformRowHeights(True)
        self.tree.setFont(tabular(self.tree.font()))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for index, width in enumerate(_WIDTHS, start=1):
            header.setSectionResizeMode(index, QHeaderView.ResizeMode.Fixed)
            # Titles are longer in other languages.
            header.resizeSection(index, max(width, header.sectionSizeHint(index)))
            self.tree.headerItem().setTextAlignment(index, _RIGHT)
        close = QPushButton(tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        column.addWidget(title)
        for label in (self.line, self.lost, self.wrong):
            label.setWordWrap(True)
            column.addWidget(label)
        self.lost.hide()
        self.wrong.hide()
        column.addWidget(self.tree, 1)
        column.addLayout(row)
        self.resize(860, 440)

    # -- asking --------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to ask."""
        super().showEvent(event)
        self._timer.start()
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask nobody while nobody looks."""
        self._timer.stop()
        super().hideEvent(event)

    @Slot()
    def _ask(self) -> None:
        if self._busy or self._closed or self.isMinimized():
            return
        self._busy = True
        self._place.tasks.start("cluster", self._learn, self._told, self._failed)

    def _learn(self) -> ClusterStatus | None:
        if self._client is None:
            self._client = self._place.make_control(self._place.resolve(self._place.target))
        return self._client.cluster()

    def _told(self, status: ClusterStatus | None) -> None:
        self._busy = False
        if self._closed:
            self._end()
        elif status is None:
            self._complain(tr("This server tells of no nodes and replicas."))
        else:
            self.show_status(status)

    def _failed(self, error: Exception) -> None:
        self._busy = False
        if self._closed:
            self._end()
        else:
            self._complain(str(error))

    def _complain(self, text: str) -> None:
        """Say what is wrong; what was told last stays, and is grey."""
        self.line.hide()
        self.wrong.setText(text)
        self.wrong.show()
        self.tree.setEnabled(False)

    # -- showing -------------------------------------------------------------------------------

    def show_status(self, status: ClusterStatus) -> None:
        """Show what the server told."""
        self._loads = loads_of(status, self._loads)
        lost = loss_line(status)
        self.line.setText(headline(status))
        self.line.show()
        self.lost.setText(lost)
        self.lost.setVisible(bool(lost))
        self.wrong.hide()
        self.tree.setEnabled(True)
        nodes = node_rows(status, self._loads)
        shape = [(node.id, *(replica.id for replica in node.replicas)) for node in nodes]
        if shape != self._shown:
            self._shown = shape
            self._rebuild(nodes)
        for index, node in enumerate(nodes):
            item = self.tree.topLevelItem(index)
            if item is not None:
                self._write(item, node)

    def _rebuild(self, nodes: tuple[NodeRow, ...]) -> None:
        self.tree.clear()
        for node in nodes:
            item = QTreeWidgetItem()
            item.addChildren([QTreeWidgetItem() for _ in node.replicas])
            self.tree.addTopLevelItem(item)
            item.setFirstColumnSpanned(True)
            item.setExpanded(True)

    @staticmethod
    def _write(item: QTreeWidgetItem, node: NodeRow) -> None:
        item.setText(0, node.title)
        item.setDisabled(not node.alive)
        for index, replica in enumerate(node.replicas):
            child = item.child(index)
            if child is None:
                continue
            child.setToolTip(0, f"{replica.cells[0]}\n{replica.process}")
            for column, text in enumerate(replica.cells):
                child.setText(column, text)
                if column:
                    child.setTextAlignment(column, _RIGHT)

    def done(self, result: int) -> None:
        """Ask no more."""
        self._closed = True
        self._timer.stop()
        if not self._busy:
            self._end()
        super().done(result)

    def _end(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            self._place.tasks.start("close-card", client.close, lambda _: None, lambda _error: None)
