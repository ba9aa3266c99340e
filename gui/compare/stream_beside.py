"""The live page's stream beside a measurement: said, and paused meanwhile if that is wanted."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from gui.state.run_control import Phase, RunControl
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.language import tr
from gui.widgets.theme import GAP


class StreamBeside(QWidget):
    """A row that is there while the live page streams, or is paused by `begin`."""

    ready = Signal()
    """After `begin`: the stream stands still, or goes on as it may."""

    def __init__(self, run: RunControl) -> None:
        super().__init__()
        self._run = run
        self._measuring = self._awaited = self._paused = False
        self.disturbed = False
        """Whether a stream ran beside the measurement that began last."""
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.pause = QCheckBox(tr("Pause the stream while measuring"))
        self.pause.setToolTip(tr("End the run now, and start another one when all is measured"))
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 0, GAP, GAP)
        controls = QWidget()
        column.addWidget(controls)
        row = FlowLayout(controls, GAP, GAP)
        row.addWidget(self.text)
        row.addWidget(self.pause)
        run.phase_changed.connect(self._look)
        self._look()

    def begin(self) -> None:
        """A measurement is to begin; `ready` follows, at once or when the stream has ended."""
        self._measuring, self.disturbed = True, False
        self._awaited = True
        if self.pause.isChecked() and self._run.phase in (Phase.STARTING, Phase.RUNNING):
            self._paused = True
            self._run.stop()
        self._look()

    def end(self) -> None:
        """It is over, or will not begin: what was paused goes on."""
        self._measuring = self._awaited = False
        self._look()

    @Slot()
    def _look(self) -> None:
        if self._paused and not self._measuring and self._run.phase is Phase.IDLE:
            self._paused = False
            self._run.start()
        streams = self._run.phase is not Phase.IDLE
        ending = self._run.phase is Phase.STOPPING
        if self._awaited and not (ending or (self._paused and streams)):
            self._awaited = False
            self.ready.emit()
        if self._measuring and not self._awaited:
            self.disturbed |= streams
        self.setVisible(streams or self._paused)
        self.pause.setEnabled(not self._measuring)
        self.text.setText(
            tr("The stream is paused until all is measured.")
            if self._paused
            else tr("The live page streams, and takes processor time from what is measured.")
        )
