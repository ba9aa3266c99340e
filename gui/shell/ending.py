"""How the program ends: with its window, which a signal closes too."""

from __future__ import annotations

import signal

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui.shell.window import MainWindow


def end_with(app: QApplication, window: MainWindow) -> None:
    """End the application once the window is closed; SIGINT and SIGTERM close it."""
    # Qt ends by itself only if nothing else is open that moment, and a page that opens may be.
    window.closed.connect(app.quit)
    for number in (signal.SIGINT, signal.SIGTERM):
        # The window's timers let Python see the signal within half a second, amid whatever they do.
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.close))
