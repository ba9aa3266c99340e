"""The embedded server in a panel: switches, addresses, models and what it is asked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.icons import tinted
from gui.request_table import RequestTable
from gui.server_control import ServerControl, ServerState
from gui.switch import Switch
from gui.theme import GAP, GAP_LARGE, GAP_SMALL, Palette, tabular

_WORDS = {
    ServerState.STARTING: "Starting",
    ServerState.RUNNING: "Running",
    ServerState.CHANGING: "One moment",
    ServerState.STOPPED: "Stopped",
    ServerState.FAILED: "Failed",
}
_DOT_ROLES = {
    ServerState.RUNNING: "ok",
    ServerState.FAILED: "error",
    ServerState.STOPPED: "text_muted",
}
_HIGHEST_PORT = 65535


class ServerPanel(QWidget):
    """Left what the server is, right the requests it got, from this window or anyone."""

    def __init__(self, control: ServerControl, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._control = control
        self._roles = palette
        self._seen = -1
        self._rest = _Door("REST", "HTTP, both APIs", palette)
        self._grpc = _Door("gRPC", "Both APIs and streams", palette)
        self._rest.switch.clicked.connect(lambda on: control.set_rest(on=on))
        self._grpc.switch.clicked.connect(lambda on: control.set_grpc(on=on))
        self._build_left()
        self._build_table()
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP_LARGE, GAP, GAP, GAP)
        row.setSpacing(GAP_LARGE)
        row.addLayout(self._left)
        row.addWidget(self._table, 1)
        control.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the server's state."""
        control, server = self._control, self._control.server
        self._state.setText(_WORDS[control.state])
        dot = self._roles.color(_DOT_ROLES.get(control.state, "warning")).name()
        self._dot.setStyleSheet(f"color: {dot};")
        settled = control.state in (ServerState.RUNNING, ServerState.STOPPED, ServerState.FAILED)
        running = control.state is ServerState.RUNNING
        self._rest.show_state(
            server.rest_on if server else False, server.rest_url if server else "", usable=running
        )
        self._grpc.show_state(
            server.grpc_on if server else False,
            server.grpc_address if server else "",
            usable=running,
        )
        self._stop.setText("Stop" if running else "Start")
        self._stop.setEnabled(settled)
        self._restart.setEnabled(running)
        self._apply.setEnabled(settled)
        self._trouble.setText(control.trouble)
        self._trouble.setVisible(bool(control.trouble))
        self._show_models()

    def poll(self) -> None:
        """Show new requests, if there are any; for twice a second."""
        server = self._control.server
        if server is None or server.requests.total == self._seen:
            return
        if self.isVisible():
            self._seen = server.requests.total
            self._requests.show_rows(server.requests.snapshot())
            many = "1 request" if self._seen == 1 else f"{self._seen} requests"
            self._total.setText(f"{many}, the newest first")
            self._total.setAccessibleName(self._total.text())

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._requests.set_palette_roles(palette)
        for door in (self._rest, self._grpc):
            door.set_palette_roles(palette)
        self.refresh()

    def _build_left(self) -> None:
        self._dot = QLabel("●")
        self._state = QLabel()
        self._state.setAccessibleName("Server state")
        self._stop = QPushButton("Stop")
        self._stop.setAccessibleName("Stop or start the server")
        self._stop.clicked.connect(self._stop_or_start)
        self._restart = QPushButton("Restart")
        self._restart.setAccessibleName("Restart the server")
        self._restart.clicked.connect(self._control.restart)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        for widget in (self._dot, self._state):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self._stop)
        head.addWidget(self._restart)
        doors = QGridLayout()
        doors.setHorizontalSpacing(GAP)
        doors.setVerticalSpacing(GAP_SMALL)
        for index, door in enumerate((self._rest, self._grpc)):
            door.place(doors, index)
        doors.setColumnStretch(2, 1)
        self._trouble = QLabel()
        self._trouble.setProperty("role", "error")
        self._trouble.setWordWrap(True)
        self._models = QLabel()
        self._models.setProperty("role", "muted")
        self._models.setWordWrap(True)
        self._models.setAccessibleName("Models")
        self._models.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._left = QVBoxLayout()
        self._left.setSpacing(GAP)
        self._left.addLayout(head)
        self._left.addLayout(doors)
        self._left.addLayout(self._ports_row())
        self._left.addWidget(self._trouble)
        self._left.addWidget(self._models)
        self._left.addStretch(1)

    def _ports_row(self) -> QHBoxLayout:
        rest, grpc = self._control.ports
        self._rest_port = _port("REST port", rest)
        self._grpc_port = _port("gRPC port", grpc)
        self._apply = QPushButton("Use")
        self._apply.setToolTip("Restart the server on these ports; any = a free one")
        self._apply.setAccessibleName("Use these ports")
        self._apply.clicked.connect(
            lambda: self._control.use_ports(self._rest_port.value(), self._grpc_port.value())
        )
        row = QHBoxLayout()
        row.setSpacing(GAP)
        label = QLabel("Ports")
        label.setProperty("role", "muted")
        row.addWidget(label)
        row.addWidget(self._rest_port)
        row.addWidget(self._grpc_port)
        row.addWidget(self._apply)
        row.addStretch(1)
        return row

    def _build_table(self) -> None:
        self._requests = RequestTable(self._roles)
        self._table = QWidget()
        table = QTableView()
        table.setAccessibleName("Requests")
        table.setModel(self._requests)
        table.setFont(tabular(table.font()))
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
        self._total = QLabel("Every request to this server appears here, from anyone.")
        self._total.setObjectName("requestCount")
        self._total.setProperty("role", "caption")
        column_layout = QVBoxLayout(self._table)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(GAP_SMALL)
        column_layout.addWidget(self._total)
        column_layout.addWidget(table, 1)

    def _show_models(self) -> None:
        server = self._control.server
        rows = server.models() if server is not None else ()
        names = ", ".join(row.name + ("" if row.ready else " (loading)") for row in rows)
        self._models.setText(f"Models: {names}" if names else "")
        self._models.setToolTip("\n".join(f"{row.name}: {row.description}" for row in rows))

    @Slot()
    def _stop_or_start(self) -> None:
        if self._control.state is ServerState.RUNNING:
            self._control.stop()
        else:
            self._control.start()


class _Door:
    """One way into the server: switch, name, address and a button that copies it."""

    def __init__(self, name: str, tip: str, palette: Palette) -> None:
        self._roles = palette
        self.switch = Switch(f"{name} on or off", palette)
        self._name = QLabel(name)
        self._name.setToolTip(tip)
        self._address = QLabel()
        self._address.setAccessibleName(f"{name} address")
        self._address.setMinimumWidth(170)
        self._address.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = QToolButton()
        self._copy.setProperty("role", "flat")
        self._copy.setToolTip(f"Copy the {name} address")
        self._copy.setAccessibleName(f"Copy the {name} address")
        self._copy.clicked.connect(self._copy_address)
        self.set_palette_roles(palette)

    def place(self, grid: QGridLayout, row: int) -> None:
        """Take a row of the grid."""
        for column, widget in enumerate((self.switch, self._name, self._address, self._copy)):
            grid.addWidget(widget, row, column)

    def show_state(self, on: bool, address: str, *, usable: bool) -> None:
        """Show the switch as it is and the address, if the port is open."""
        self.switch.setChecked(on)
        self.switch.setEnabled(usable)
        self._address.setText(address or ("off" if usable else "–"))
        self._copy.setEnabled(bool(address))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.switch.set_palette_roles(palette)
        self._copy.setIcon(tinted("copy", palette.text_muted, palette.border))

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._address.text())


def _port(name: str, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, _HIGHEST_PORT)
    box.setSpecialValueText("any")
    box.setValue(value)
    box.setFixedWidth(68)
    box.setAccessibleName(name)
    box.setToolTip(f"{name}, 0 for any free one")
    return box
