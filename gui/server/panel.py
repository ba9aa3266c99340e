"""The embedded server in a panel: its endpoints, what it is asked, and the models it serves."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.server.endpoints import EndpointsPanel
from gui.server.models import ModelsPanel
from gui.server.request_table import RequestTable
from gui.state.models import RepositoryControl
from gui.state.server_control import ServerControl
from gui.widgets.language import count, tr
from gui.widgets.segmented import Segmented
from gui.widgets.theme import GAP, GAP_LARGE, GAP_SMALL, Palette, tabular

_REQUESTS, _MODELS = "requests", "models"


class ServerPanel(QWidget):
    """Left what the server is; right the requests it got, from anyone, or its models."""

    def __init__(
        self, control: ServerControl, repositories: RepositoryControl, palette: Palette
    ) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._control = control
        self._seen = -1
        self._endpoints = EndpointsPanel(control, palette)
        self.models = ModelsPanel(repositories, palette)
        self._requests = RequestTable(palette)
        self._side = Segmented(
            tr("Requests or models"),
            (
                (_REQUESTS, tr("Requests"), tr("The last 100 requests, from anyone")),
                (_MODELS, tr("Models"), tr("Models and their repositories")),
            ),
        )
        self._side.set_value(_REQUESTS)
        self._side.chosen.connect(self._show_side)
        self._total = QLabel()
        self._total.setObjectName("requestCount")
        self._total.setProperty("role", "caption")
        self._total.setWordWrap(True)
        self._tell_total()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._table())
        self._stack.addWidget(self.models)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._side)
        head.addWidget(self._total, 1)
        head.addWidget(self.models.tools, 1)
        self._show_side(_REQUESTS)
        right = QVBoxLayout()
        right.setSpacing(GAP_SMALL)
        right.addLayout(head)
        right.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP_LARGE, GAP, GAP, GAP)
        row.setSpacing(GAP_LARGE)
        row.addWidget(self._endpoints)
        row.addLayout(right, 1)

    def show_models(self) -> None:
        """Show the models rather than the requests."""
        self._side.set_value(_MODELS)
        self._show_side(_MODELS)

    def poll(self) -> None:
        """Show new requests, if there are any; for twice a second."""
        server = self._control.server
        if server is None or server.requests.total == self._seen:
            return
        if self.isVisible():
            self._seen = server.requests.total
            self._requests.show_rows(server.requests.snapshot())
            self._tell_total()

    def showEvent(self, event: QShowEvent) -> None:
        """What came while nobody looked."""
        super().showEvent(event)
        self.poll()

    def _tell_total(self) -> None:
        many = count(self._seen, "{n} request", "{n} requests")
        self._total.setText(
            tr("{requests}, the newest first", requests=many)
            if self._seen > 0
            else tr("Every request to this server appears here, from anyone.")
        )
        self._total.setAccessibleName(self._total.text())

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._requests.set_palette_roles(palette)
        self._endpoints.set_palette_roles(palette)
        self.models.set_palette_roles(palette)

    @Slot(str)
    def _show_side(self, side: str) -> None:
        self._stack.setCurrentIndex((_REQUESTS, _MODELS).index(side))
        self._total.setVisible(side == _REQUESTS)
        self.models.tools.setVisible(side == _MODELS)

    def _table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName(tr("Requests"))
        table.setModel(self._requests)
        table.setFont(tabular(table.font()))
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(22)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        for column, width in enumerate((84, 60, 0, 120, 110, 64, 96, 96)):
            if width:
                table.setColumnWidth(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        return table
