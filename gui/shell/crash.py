"""Turns a crash of our own into something that can be read and copied; nothing is sent anywhere."""

from __future__ import annotations

import platform
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

import PySide6
from PySide6.QtCore import QObject, Qt, Signal, Slot, qVersion

from backend.core.files.concealment import concealed_text
from backend.core.release import VERSION


def crash_report(error: BaseException) -> str:
    """Versions and traceback, as text to paste into a bug report."""
    versions = (
        f"Inferdeck {VERSION}, Python {platform.python_version()}, "
        f"PySide6 {PySide6.__version__}, Qt {qVersion()}, {platform.platform()}"
    )
    trace = concealed_text("".join(traceback.format_exception(error)))
    return f"{versions}\n\n{trace}".rstrip()


class CrashCatcher(QObject):
    """Takes exceptions that nobody caught, from any thread, and reports them on the window's."""

    _caught = Signal(object)

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        super().__init__()
        self._report = report
        self._caught.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Put the hooks back."""
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        sys.__excepthook__(kind, error, trace)
        self._caught.emit(error)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    @Slot(object)
    def _deliver(self, error: BaseException) -> None:
        self._report(error)
