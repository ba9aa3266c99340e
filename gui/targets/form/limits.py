"""How large a message to a target may be, and how long it may take."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from backend.core.target import Target
from gui.targets.form.fields import seconds, tab_rows
from gui.widgets.language import tr
from gui.widgets.spin_boxes import SpinBox

_MIB = 1024 * 1024


class LimitsTab(QWidget):
    """A size in MiB and two times in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._message_limit = SpinBox()
        self._message_limit.setRange(1, 2047)
        self._message_limit.setSuffix(" MiB")
        self._deadline = seconds(0.1, 3600)
        self._connect_timeout = seconds(0.1, 60)
        form = tab_rows()
        for field, title, tip in (
            (
                self._message_limit,
                tr("Largest message"),
                tr("Larger requests are not sent, larger replies not read"),
            ),
            (self._deadline, tr("Reply within"), tr("After that, a request counts as failed")),
            (self._connect_timeout, tr("Connect within"), tr("After that, nobody is there")),
        ):
            field.setAccessibleName(title)
            field.setToolTip(tip)
            field.setFixedWidth(120)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            form.addRow(title, field)
        self.setLayout(form)

    @property
    def message_limit(self) -> int:
        """In bytes."""
        return self._message_limit.value() * _MIB

    @property
    def deadline_s(self) -> float:
        """Until a request counts as failed."""
        return self._deadline.value()

    @property
    def connect_timeout_s(self) -> float:
        """Until nobody is there."""
        return self._connect_timeout.value()

    def show_target(self, target: Target) -> None:
        """Show a target's."""
        self._message_limit.setValue(max(1, round(target.message_limit / _MIB)))
        self._deadline.setValue(target.deadline_s)
        self._connect_timeout.setValue(target.connect_timeout_s)
