"""What is measured: the question, what is sent, for how long; and the buttons."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backend.compare.bench import Preset, Timed
from gui.compare.process import Step
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.language import number, tr
from gui.widgets.menu_button import give_menu
from gui.widgets.segmented import Segmented
from gui.widgets.spin_boxes import SpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP
from gui.workspace.commands import Command

_PROGRESS = 240
SIZES = "1KB,16KB,256KB,1MB,8MB"


class Payload(StrEnum):
    """What is sent."""

    NOW = "now"
    FILE = "file"
    SIZES = "sizes"


class Place(StrEnum):
    """Where the embedded server runs while it is measured."""

    WINDOW = "window"
    OWN = "own"


class ChoiceBar(QWidget):
    """A row of controls that wraps where the window is narrow."""

    measure = Signal()
    cancel = Signal()
    file_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.preset = Segmented(tr("Question"), _questions())
        self.preset.set_value(Preset.TRANSPORT)
        self.payload = _picker(
            tr("What is sent"),
            tr("The newest frame or sound of the live page, a picture or sound file, or sizes."),
            (tr("What is on show"), Payload.NOW),
            (tr("A file..."), Payload.FILE),
            (tr("1 KB to 8 MB"), Payload.SIZES),
        )
        self.server = _picker(
            tr("Where the server runs"),
            tr(
                "The embedded server as the live page uses it, or a second one in a process of its "
                "own, which neither the window nor a run disturbs and whose processor time is seen."
            ),
            (tr("Server: shared"), Place.WINDOW),
            (tr("Server: separate"), Place.OWN),
        )
        self.timed = _picker(
            tr("What is timed"),
            tr(
                "All of a request, from the sample to its predictions, as on the live page; or the "
                "exchange alone, from just before it is sent to the end of its reply, of bytes "
                "made once, as load generators time it."
            ),
            (tr("Timed: whole"), Timed.WHOLE),
            (tr("Timed: exchange"), Timed.EXCHANGE),
        )
        self.seconds = SpinBox()
        self.seconds.setAccessibleName(tr("Seconds to measure"))
        self.seconds.setRange(2, 3600)
        self.seconds.setValue(25)
        self.seconds.setFixedSize(72, CONTROL_HEIGHT)
        self.seconds.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seconds.setSuffix(tr(" s"))
        self.seconds.setToolTip(tr("About how long it takes; it ends sooner when all is stable."))
        self.button = QPushButton(tr("Measure"))
        self.button.setProperty("role", "primary")
        self.more = QPushButton(tr("Result"))
        self.more.setToolTip(tr("Open, compare, save and export results"))
        self.state = QLabel()
        self.state.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self._progress = QWidget()
        self._running = False
        self._file = ""
        self._arrange()
        self.button.clicked.connect(self._pressed)
        self.payload.activated.connect(self._payload_chosen)
        self.show_idle()

    @property
    def file(self) -> str:
        """The file to send, '' if none was chosen."""
        return self._file if self.payload.currentData() == Payload.FILE else ""

    def use_file(self, path: str, name: str) -> None:
        """Send this file."""
        self._file = path
        self.payload.setItemText(1, name)
        self.payload.setItemData(1, Payload.FILE)
        self.payload.setCurrentIndex(1)

    def fill_menu(self, commands: Iterable[Command]) -> None:
        """What can be done with results, by a button too."""
        menu = QMenu(self.more)
        for command in commands:
            menu.addAction(command.title, command.run)
        give_menu(self.more, menu)

    @property
    def question(self) -> tuple[str, str]:
        """What is asked, and which ways it is about."""
        return next(
            (title, tip) for value, title, tip in _questions() if value == self.preset.value
        )

    @property
    def own_server(self) -> bool:
        """Whether a second server is to be started for it."""
        return self.server.isVisibleTo(self) and self.server.currentData() == Place.OWN

    def show_idle(self) -> None:
        """Nothing is under way."""
        self._running = False
        self.button.setText(tr("Measure"))
        self.button.setToolTip(tr("Measure every way of the question, in turn"))
        self._progress.hide()
        self._enable(on=True)

    def show_running(self, step: Step | None = None) -> None:
        """How far a measurement is."""
        self._running = True
        self.button.setText(tr("Cancel"))
        self.button.setToolTip(tr("End it; what was measured is kept"))
        self._progress.show()
        self._enable(on=False)
        if step is None:
            self.bar.setRange(0, 0)
            self.state.setText(tr("Connecting and warming up"))
            return
        self.bar.setRange(0, 100)
        self.bar.setValue(step.percent)
        self.state.setText(
            tr(
                "Round {round}, at most {left} s left",
                round=step.round + 1,
                left=number(step.left_s),
            )
        )

    def show_ending(self) -> None:
        """It was cancelled and is not yet over."""
        self.state.setText(tr("Ending"))
        self.button.setEnabled(False)

    def _enable(self, *, on: bool) -> None:
        for part in (self.preset, self.payload, self.server, self.timed, self.seconds):
            part.setEnabled(on)
        self.button.setEnabled(True)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        controls = QWidget()
        column.addWidget(controls)
        row = FlowLayout(controls, GAP, GAP)
        inner = QVBoxLayout(self._progress)
        inner.setContentsMargins(GAP, 2, 0, 0)
        inner.setSpacing(4)
        inner.addWidget(self.state)
        inner.addWidget(self.bar)
        self._progress.setFixedSize(_PROGRESS, CONTROL_HEIGHT)
        for part in self._controls:
            row.addWidget(part)

    @property
    def _controls(self) -> tuple[QWidget, ...]:
        choices = (self.preset, self.payload, self.server, self.timed, self.seconds)
        return (*choices, _together(self.button, self.more), self._progress)

    @Slot()
    def _pressed(self) -> None:
        (self.cancel if self._running else self.measure).emit()

    @Slot(int)
    def _payload_chosen(self, index: int) -> None:
        if self.payload.itemData(index) == Payload.FILE:
            self.file_wanted.emit()


def _questions() -> tuple[tuple[str, str, str], ...]:
    return (
        (
            Preset.TRANSPORT,
            tr("Which transport?"),
            tr("Every transport and serialisation, one request at a time"),
        ),
        (
            Preset.SCALE,
            tr("How far does it scale?"),
            tr("Every transport with its bytes, 1 to 16 requests in flight"),
        ),
        (
            Preset.CAMERA,
            tr("What does a camera need?"),
            tr("Every transport with its bytes, raw and JPEG, with and without gzip"),
        ),
    )


def _together(*parts: QWidget) -> QWidget:
    """Controls that stay on one line."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GAP)
    for part in parts:
        row.addWidget(part)
    return group


def _picker(name: str, tip: str, *choices: tuple[str, object]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    for title, value in choices:
        box.addItem(title, value)
    return box
