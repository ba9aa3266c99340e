"""Probes of what is being typed: soon after the last key, one at a time, the newest one counts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.clients.probe import ProbeReport
from backend.core.target import Target
from gui.state.tasks import Tasks

AFTER_MS = 800


class Probing(QObject):
    """Asks after a pause in typing; an answer to an older question is thrown away."""

    began = Signal(object)
    """The Target that is being asked."""
    answered = Signal(object)
    """The ProbeReport."""
    failed = Signal(object)
    """The exception of a target that cannot be asked: a variable or a file is missing."""

    def __init__(
        self, probe: Callable[[Target], ProbeReport], tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._probe = probe
        self._tasks = tasks
        self._wanted: Target | None = None
        self._number = 0
        self._timer = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._timer.timeout.connect(self.now)

    def soon(self, target: Target) -> None:
        """Ask once nothing was typed for a while."""
        self._wanted = target
        self._number += 1
        self._timer.start()

    def forget(self) -> None:
        """Ask nothing, and throw away what is being answered."""
        self._wanted = None
        self._number += 1
        self._timer.stop()

    @Slot()
    def now(self) -> None:
        """Ask at once what was to be asked soon."""
        self._timer.stop()
        target = self._wanted
        if target is None:
            return
        self._wanted = None
        self._number += 1
        number = self._number
        self.began.emit(target)

        def done(report: ProbeReport) -> None:
            if number == self._number:
                self.answered.emit(report)

        def failed(error: Exception) -> None:
            if number == self._number:
                self.failed.emit(error)

        self._tasks.start("probe", lambda: self._probe(target), done, failed)
