"""Whatever the user is told: events, conditions, alerts, and errors with what can be done."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Sequence
from typing import Protocol

import PySide6
from PySide6.QtCore import QObject, Signal, Slot, qVersion

from backend.core.errors import ConsoleError, TargetFault
from backend.core.files.concealment import concealed_text
from backend.core.release import VERSION
from backend.core.status import Alert, Notice, Severity
from gui.widgets.language import spoken, tr
from gui.workspace.notices import ToastAction


class ErrorActions(Protocol):
    """Knows what can be done about some errors, and nothing about others."""

    def of_error(self, error: BaseException) -> tuple[ToastAction, ...]:
        """What can be done about an error."""
        ...

    def of_fault(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        """What can be done about a fault of the chosen target."""
        ...


class Notifier(QObject):
    """Takes what is to be told from anyone; toasts, log and alerts show it."""

    notified = Signal(object, object, str)
    """A Notice, its ToastActions and its details."""
    condition_changed = Signal(str, object, object)
    """A key, the Notice that is true now or None, and its ToastActions."""
    alerts_changed = Signal(str, object)
    """Who says so, and the Alerts that are true now."""
    logged = Signal(str)
    """Lines for the log alone."""
    crashed = Signal()
    """A fault of ours: what runs had better stop. `notified` follows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._providers: list[ErrorActions] = []

    def offer_actions(self, provider: ErrorActions) -> None:
        """Ask this one too what can be done about an error."""
        self._providers.append(provider)

    def actions_for(self, error: BaseException) -> tuple[ToastAction, ...]:
        """Everything that can be done about an error."""
        return tuple(action for each in self._providers for action in each.of_error(error))

    def actions_for_fault(self, fault: TargetFault | None) -> tuple[ToastAction, ...]:
        """Everything that can be done about a fault of the chosen target."""
        if fault is None:
            return ()
        return tuple(action for each in self._providers for action in each.of_fault(fault))

    @Slot(object)
    def show_notice(
        self, notice: Notice, actions: tuple[ToastAction, ...] = (), details: str = ""
    ) -> None:
        """An event, as a toast and in the log."""
        self.notified.emit(notice, actions, details)

    def show_condition(
        self, key: str, notice: Notice | None, actions: tuple[ToastAction, ...] = ()
    ) -> None:
        """Something that is true until it is called off with None, as a toast."""
        self.condition_changed.emit(key, notice, actions)

    def set_alerts(self, origin: str, alerts: Sequence[Alert]) -> None:
        """Replace what one origin (the run, the server, ...) says is true."""
        self.alerts_changed.emit(origin, tuple(alerts))

    @Slot(str)
    def log(self, text: str) -> None:
        """A line in the log."""
        self.logged.emit(text)

    @Slot(object)
    def show_error(self, error: Exception) -> None:
        """An error with what can be done about it."""
        if isinstance(error, ConsoleError):
            self.show_notice(error_notice(error), self.actions_for(error))
        else:
            self.show_crash(error)

    def show_crash(self, error: BaseException) -> None:
        """A fault of ours: streaming stops, and the report can be copied."""
        self.crashed.emit()
        self.show_notice(
            Notice(Severity.ERROR, tr("Something broke, streaming stopped"), str(error)),
            self.actions_for(error),
            crash_report(error),
        )


def error_notice(error: BaseException) -> Notice:
    """An error as something to show: title and hint of ours, type and text of others."""
    if isinstance(error, ConsoleError):
        return Notice(Severity.ERROR, spoken(error.message), spoken(error.hint))
    return Notice(Severity.ERROR, type(error).__name__, str(error))


def crash_report(error: BaseException) -> str:
    """Versions and traceback, as text to paste into a bug report."""
    versions = (
        f"Inferdeck {VERSION}, Python {platform.python_version()}, "
        f"PySide6 {PySide6.__version__}, Qt {qVersion()}, {platform.platform()}"
    )
    trace = concealed_text("".join(traceback.format_exception(error)))
    return f"{versions}\n\n{trace}".rstrip()
