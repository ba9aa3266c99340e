"""The log: every notice, alert and warning with its time, for reading and copying."""

from __future__ import annotations

import logging
from datetime import datetime

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

from backend.core.files.concealment import concealed_text
from backend.core.flow import DrainLog
from backend.core.status import Notice
from gui.widgets.language import tr
from gui.widgets.theme import CAPTION_PX, GAP, sized

_LINES_KEPT = 2000


class LogPanel(QPlainTextEdit):
    """Plain lines, newest last; the oldest of two thousand give way."""

    def __init__(self) -> None:
        super().__init__(readOnly=True)
        self.setProperty("role", "panel")
        self.setAccessibleName(tr("Log"))
        self.setMaximumBlockCount(_LINES_KEPT)
        self.setPlaceholderText(tr("Notices and the summary of each run appear here."))
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._font: QFont = sized(font, CAPTION_PX)
        self.document().setDefaultFont(self._font)
        self.document().setDocumentMargin(GAP)
        self.setStyleSheet(f"font-family: '{self._font.family()}'; font-size: {CAPTION_PX}px;")

    def add_notice(self, notice: Notice) -> None:
        """One line for a notice."""
        stop = "" if notice.title.endswith((".", "!", "?", ":")) else "."
        text = f"{notice.title}{stop} {notice.body}" if notice.body else notice.title
        self.add_text(f"{notice.severity:<8}{text}")

    def add_text(self, text: str) -> None:
        """Lines of text under the present time, without what looks like a secret."""
        stamp = datetime.now().astimezone().strftime("%H:%M:%S  ")
        text = concealed_text(text)
        self.appendPlainText(stamp + text.replace("\n", "\n" + " " * len(stamp)))


class LogBridge(logging.Handler):
    """Collects warnings of our own loggers from any thread, for the window to show at 2 Hz."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: DrainLog[str] = DrainLog(200)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; a full store loses its oldest."""
        self.lines.put(f"{record.levelname.lower():<8}{record.name}: {record.getMessage()}")
