"""Text that people read, and copy into a report."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QMenu

from gui.widgets.language import tr

_MAY_BREAK = "\u200b"
_LONG_WORD = re.compile(r"\S{25,}")
_STEP = re.compile(r"[^/\\_@.,:;=&?-]{1,24}[/\\_@.,:;=&?-]*|[/\\_@.,:;=&?-]+")


class SelectableLabel(QLabel):
    """Plain text in the look of a role, broken into lines, to be selected with the mouse.

    A word that is longer than a narrow column, such as a path, an address or a checksum, goes on in
    the next line; what is read from the label and copied has it whole.
    """

    def __init__(self, role: str, text: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Another text."""
        super().setText(_LONG_WORD.sub(_breakable, text))

    def text(self) -> str:
        """The text as it was given."""
        return super().text().replace(_MAY_BREAK, "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies what is selected."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self._copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy what is selected, or all of it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Copy")).triggered.connect(self._copy)
        menu.popup(event.globalPos())

    def _copy(self) -> None:
        text = self.selectedText().replace(_MAY_BREAK, "").replace("\u2029", "\n")
        QGuiApplication.clipboard().setText(text or self.text())


def _breakable(word: re.Match[str]) -> str:
    return _MAY_BREAK.join(_STEP.findall(word[0]))
