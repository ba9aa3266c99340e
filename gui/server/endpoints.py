"""The embedded server's state, its two endpoints with their switches, and their ports."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.state.server_control import ServerControl, ServerState
from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.switch import Switch
from gui.widgets.theme import GAP, GAP_SMALL, Palette

_DOT_ROLES = {
    ServerState.RUNNING: "ok",
    ServerState.FAILED: "error",
    ServerState.STOPPED: "text_muted",
}
_HIGHEST_PORT = 65_535
_PROBLEM_LINES = 2
_FIELD_WIDTH, _ADDRESS_WIDTH = 60, 150


class EndpointsPanel(QWidget):
    """Start and stop, switch REST and gRPC on and off, copy an address, choose ports."""

    def __init__(self, control: ServerControl, palette: Palette) -> None:
        super().__init__()
        self._control = control
        self._roles = palette
        self._complaint = ""
        self._shown_ports: tuple[int, int] | None = None
        self._left: QWidget | None = None
        # It holds the focus while the button or switch that had it is greyed.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._rest = _Endpoint("REST", tr("HTTP, both APIs"), palette)
        self._grpc = _Endpoint("gRPC", tr("Both APIs and streams"), palette)
        self._rest.switch.clicked.connect(lambda on: control.set_rest(on=on))
        self._grpc.switch.clicked.connect(lambda on: control.set_grpc(on=on))
        for endpoint in (self._rest, self._grpc):
            endpoint.port.textEdited.connect(self._edited)
            endpoint.port.returnPressed.connect(self._use_ports)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(self._head())
        column.addLayout(self._grid())
        column.addLayout(self._foot())
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        control.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the server's state."""
        control, server = self._control, self._control.server
        settled = control.state in (ServerState.RUNNING, ServerState.STOPPED, ServerState.FAILED)
        running = control.state is ServerState.RUNNING
        self._state.setText(_word(control.state))
        dot = self._roles.color(_DOT_ROLES.get(control.state, "warning")).name()
        self._dot.setStyleSheet(f"color: {dot};")
        off = "" if running else tr("The server does not run.")
        for endpoint, on, address in (
            (self._rest, server is not None and server.rest_on, server.rest_url if server else ""),
            (
                self._grpc,
                server is not None and server.grpc_on,
                server.grpc_address if server else "",
            ),
        ):
            self._enable(endpoint.switch, on=not off)
            endpoint.show_state(on and running, address, off)
        self._stop.setText(tr("Stop") if running else tr("Start"))
        self._enable(self._stop, on=settled)
        self._enable(self._restart, on=running)
        self._restart.setToolTip(off or tr("Stop the server and start it again"))
        self._show_ports()
        self._show_apply(settled=settled)
        self._say(control.problem or self._complaint)
        self._give_focus_back(settled=settled)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        for endpoint in (self._rest, self._grpc):
            endpoint.set_palette_roles(palette)
        self.refresh()

    # -- building ------------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        self._dot = QLabel("●")
        self._state = QLabel()
        self._state.setAccessibleName(tr("Server state"))
        self._stop = QPushButton(tr("Stop"))
        self._stop.setAccessibleName(tr("Stop or start the server"))
        self._stop.clicked.connect(self._stop_or_start)
        self._restart = QPushButton(tr("Restart"))
        self._restart.setAccessibleName(tr("Restart the server"))
        self._restart.clicked.connect(self._control.restart)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._dot)
        row.addWidget(self._state)
        row.addStretch(1)
        row.addWidget(self._stop)
        row.addWidget(self._restart)
        return row

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(GAP_SMALL)
        for index, endpoint in enumerate((self._rest, self._grpc)):
            endpoint.place(grid, index)
        grid.setColumnStretch(2, 1)
        return grid

    def _foot(self) -> QHBoxLayout:
        self._problem = QLabel()
        self._problem.setProperty("role", "error")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._problem.setAccessibleName(tr("What is wrong with the server"))
        # Always there, so that a complaint moves nothing; what does not fit is in the tooltip.
        self._problem.setFixedHeight(self.fontMetrics().lineSpacing() * _PROBLEM_LINES + 2)
        self._problem.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._apply = QPushButton(tr("Use these ports"))
        self._apply.clicked.connect(self._use_ports)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._problem, 1)
        row.addWidget(self._apply, 0, Qt.AlignmentFlag.AlignTop)
        return row

    # -- ports ---------------------------------------------------------------------------------

    def _show_ports(self) -> None:
        """The ports in force, where they changed; what is being typed is left alone otherwise."""
        ports = self._control.ports
        if ports == self._shown_ports:
            return
        self._shown_ports = ports
        for endpoint, port in zip((self._rest, self._grpc), ports, strict=True):
            endpoint.port.setText(str(port) if port else "")

    def _show_apply(self, *, settled: bool) -> None:
        texts = tuple(endpoint.port.text().strip() for endpoint in (self._rest, self._grpc))
        same = texts == tuple(str(port) if port else "" for port in self._control.ports)
        self._enable(self._apply, on=settled and not same)
        self._apply.setToolTip(
            tr("Type another port to use it; nothing means any free one.")
            if same
            else tr("Start the server anew on these ports")
        )

    @Slot()
    def _edited(self) -> None:
        self._complaint = ""
        self.refresh()

    @Slot()
    def _use_ports(self) -> None:
        ports = []
        for endpoint in (self._rest, self._grpc):
            try:
                ports.append(port_of(endpoint.port.text()))
            except ValueError as error:
                self._complaint = f"{endpoint.port.accessibleName()}: {error}"
                endpoint.port.setFocus()
                endpoint.port.selectAll()
                self.refresh()
                return
        self._complaint = ""
        rest, grpc = ports
        self._control.use_ports(rest, grpc)

    @Slot()
    def _stop_or_start(self) -> None:
        if self._control.state is ServerState.RUNNING:
            self._control.stop()
        else:
            self._control.start()

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setToolTip(problem)

    # -- focus ---------------------------------------------------------------------------------

    def _enable(self, widget: QWidget, *, on: bool) -> None:
        """Grey a widget without handing its focus to whoever comes next."""
        if not on and widget.hasFocus():
            self._left = widget
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        widget.setEnabled(on)

    def _give_focus_back(self, *, settled: bool) -> None:
        left = self._left
        if not settled or left is None:
            return
        if not self.hasFocus():  # the user went elsewhere meanwhile
            self._left = None
        elif left.isEnabled():
            self._left = None
            left.setFocus(Qt.FocusReason.OtherFocusReason)


class _Endpoint:
    """One way into the server: switch, name, address and a button that copies it, its port."""

    def __init__(self, name: str, tip: str, palette: Palette) -> None:
        self._roles = palette
        self.switch = Switch(tr("{endpoint} on or off", endpoint=name), palette)
        self._name = QLabel(name)
        self._name.setToolTip(tip)
        self._address = QLabel()
        self._address.setAccessibleName(tr("{endpoint} address", endpoint=name))
        self._address.setMinimumWidth(_ADDRESS_WIDTH)
        self._address.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = QToolButton()
        self._copy.setProperty("role", "flat")
        self._copy.setToolTip(tr("Copy the {endpoint} address", endpoint=name))
        self._copy.setAccessibleName(tr("Copy the {endpoint} address", endpoint=name))
        self._copy.clicked.connect(self._copy_address)
        self._label = QLabel(tr("{endpoint} port", endpoint=name))
        self._label.setProperty("role", "muted")
        self.port = QLineEdit()
        self.port.setPlaceholderText(tr("any"))
        self.port.setFixedWidth(_FIELD_WIDTH)
        self.port.setAccessibleName(tr("{endpoint} port", endpoint=name))
        self.port.setToolTip(tr("0 to {last}; 0 or nothing: any free one", last=_HIGHEST_PORT))
        self._label.setBuddy(self.port)
        self.set_palette_roles(palette)

    def place(self, grid: QGridLayout, row: int) -> None:
        """Take a row of the grid."""
        widgets = (self.switch, self._name, self._address, self._copy, self._label, self.port)
        for column, widget in enumerate(widgets):
            grid.addWidget(widget, row, column)

    def show_state(self, on: bool, address: str, off: str) -> None:
        """Show the switch as it is and the address, if the port is open."""
        self.switch.setChecked(on)
        self.switch.setToolTip(off or self.switch.accessibleName())
        self._address.setText(address or ("–" if off else tr("off")))
        self._copy.setEnabled(bool(address))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.switch.set_palette_roles(palette)
        self._copy.setIcon(tinted("copy", palette.text_muted, palette.border))

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._address.text())


def port_of(text: str) -> int:
    """A port as it was typed, 0 for nothing; raises ValueError with a sentence for what is none."""
    text = text.strip()
    if not text:
        return 0
    if text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= _HIGHEST_PORT:
        return int(text)
    raise ValueError(
        tr(
            "0 to {highest} expected, got '{text}'.",
            highest=_HIGHEST_PORT,
            text=text,
        )
    )


def _word(state: ServerState) -> str:
    return {
        ServerState.STARTING: tr("Starting"),
        ServerState.RUNNING: tr("Running"),
        ServerState.CHANGING: tr("One moment"),
        ServerState.STOPPED: tr("Stopped"),
        ServerState.FAILED: tr("Failed"),
    }[state]
