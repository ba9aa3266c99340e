"""The buttons of a request: Send for one message each way, and the four acts of a stream."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from backend.inspector.methods import Method
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.language import tr
from gui.widgets.spin_boxes import SpinBox
from gui.widgets.switch import Switch
from gui.widgets.theme import CONTROL_HEIGHT, GAP, Palette


class CallPhase(StrEnum):
    """Where the call on show stands."""

    IDLE = "idle"
    BUSY = "busy"
    OPEN = "open"
    FINISHED = "finished"


class Acts(QWidget):
    """Start, Send, Finish and Cancel are four different acts; what makes no sense is greyed."""

    send = Signal()
    start = Signal()
    finish = Signal()
    cancel = Signal()
    repeat = Signal(bool)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._method: Method | None = None
        self._phase = CallPhase.IDLE
        self._repeat = Switch(tr("Send every"), palette)
        self._repeat.setToolTip(tr("Send the message again and again while the stream is open"))
        self._repeat.toggled.connect(self.repeat)
        self._repeat_label = QLabel(tr("Send every"))
        self._every = SpinBox()
        self._every.setRange(1, 60_000)
        self._every.setValue(100)
        self._every.setSuffix(" ms")
        self._every.setFixedSize(88, CONTROL_HEIGHT)
        self._every.setAccessibleName(tr("Milliseconds between messages"))
        self._start = _button(tr("Start"), tr("Open the stream (Ctrl+Enter)"), self.start)
        self._send = _button(tr("Send"), tr("Send (Ctrl+Enter)"), self.send)
        self._finish = _button(
            tr("Finish"), tr("Half-close: nothing more is sent, replies still come"), self.finish
        )
        self._cancel = _button(tr("Cancel"), tr("End the call now (Esc)"), self.cancel)
        repeat = QHBoxLayout()
        repeat.setContentsMargins(0, 0, 0, 0)
        repeat.setSpacing(GAP)
        for widget in (self._repeat, self._repeat_label, self._every):
            repeat.addWidget(widget)
        repeat.insertStretch(0, 1)
        self._clock = QWidget()
        self._clock.setLayout(repeat)
        line = FlowLayout(None, GAP, GAP, at_end=True)
        for button in (self._cancel, self._finish, self._start, self._send):
            line.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._clock)
        column.addLayout(line)
        self._refresh()

    @property
    def interval_ms(self) -> int:
        """Milliseconds between two messages."""
        return self._every.value()

    @property
    def phase(self) -> CallPhase:
        """Where the call stands."""
        return self._phase

    def set_method(self, method: Method | None) -> None:
        """Offer the acts of this method."""
        self._method = method
        self._repeat.setChecked(False)
        self._refresh()

    def set_phase(self, phase: CallPhase) -> None:
        """Follow the call."""
        self._phase = phase
        if phase is not CallPhase.OPEN:
            self._repeat.setChecked(False)
        self._refresh()

    def buttons(self) -> tuple[QWidget, ...]:
        """Everything that can have the focus, in order."""
        return (
            self._repeat,
            self._every,
            self._cancel,
            self._finish,
            self._start,
            self._send,
        )

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._repeat.set_palette_roles(palette)

    @Slot()
    def act(self) -> None:
        """The act that Ctrl+Enter stands for now."""
        for button in (self._start, self._send):
            if button.isVisibleTo(self) and button.isEnabled():
                button.click()
                return

    def _refresh(self) -> None:
        method, phase = self._method, self._phase
        streams = method is not None and method.kind.streams
        takes_many = method is not None and method.kind.client_streams
        idle = phase is CallPhase.IDLE
        self._start.setVisible(streams)
        self._finish.setVisible(takes_many)
        self._send.setVisible(not streams or takes_many)
        self._clock.setVisible(takes_many)
        self._clock.setEnabled(phase is CallPhase.OPEN)
        self._start.setEnabled(method is not None and idle)
        self._send.setEnabled(
            method is not None and phase is (CallPhase.OPEN if streams else CallPhase.IDLE)
        )
        self._finish.setEnabled(phase is CallPhase.OPEN)
        self._cancel.setEnabled(not idle)
        first = self._start if streams and idle else self._send
        for button in (self._start, self._send):
            _set_role(button, "primary" if button is first else "")


def _button(text: str, tip: str, signal: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setMinimumWidth(64)
    button.setFixedHeight(CONTROL_HEIGHT)
    button.clicked.connect(signal)
    return button


def _set_role(button: QPushButton, role: str) -> None:
    if button.property("role") != role:
        button.setProperty("role", role)
        button.style().unpolish(button)
        button.style().polish(button)
