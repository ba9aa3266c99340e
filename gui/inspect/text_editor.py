"""A text field for JSON: fixed pitch, Tab as two blanks, and a mark where something is wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QKeyEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from gui.inspect.highlighter import MOST_CHARACTERS, Highlighter
from gui.widgets.theme import BODY_PX, GAP, Palette, sized

_INDENT = "  "
_CTRL = Qt.KeyboardModifier.ControlModifier


def fixed_font() -> QFont:
    """The system's font of one pitch in the body size."""
    return sized(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), BODY_PX)


class TextEditor(QPlainTextEdit):
    """Plain text that is typed or read; a fault is underlined."""

    def __init__(
        self,
        name: str,
        palette: Palette,
        *,
        read_only: bool = False,
        colours: type[Highlighter] | None = None,
    ) -> None:
        super().__init__(readOnly=read_only)
        self._colours = colours(self, palette) if colours is not None else None
        self._roles = palette
        self._fault: tuple[int, int] | None = None
        self.setAccessibleName(name)
        font = fixed_font()
        self.document().setDefaultFont(font)
        self.document().setDocumentMargin(GAP)
        self.setStyleSheet(f"font-family: '{font.family()}'; font-size: {BODY_PX}px;")
        self.setTabStopDistance(QFontMetricsF(font).horizontalAdvance(_INDENT))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        if read_only:
            self.setProperty("role", "panel")
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )

    def mark(self, place: tuple[int, int] | None) -> None:
        """Underline the characters at offset and length, or nothing."""
        self._fault = place
        self._underline()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        if self._colours is not None:
            self._colours.follow(palette)
        self._underline()

    def setPlainText(self, text: str) -> None:
        """Another text, in colours unless it is very long."""
        if self._colours is not None:
            short = len(text) <= MOST_CHARACTERS
            self._colours.setDocument(self.document() if short else None)
        super().setPlainText(text)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Shift+Tab leads out of what is typed, too; Qt keeps it with Tab."""
        if forward and not (self.isReadOnly() or self.tabChangesFocus()):
            return False
        return QWidget.focusNextPrevChild(self, forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tab indents unless it goes on, as Ctrl+Tab does; Return keeps the indentation."""
        plain_tab = event.key() == Qt.Key.Key_Tab and not event.modifiers()
        if self.isReadOnly() or (plain_tab and self.tabChangesFocus()):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Tab and event.modifiers() == _CTRL:
            forward = True
            QWidget.focusNextPrevChild(self, forward)
        elif plain_tab:
            self.insertPlainText(_INDENT)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            line = self.textCursor().block().text()
            self.insertPlainText("\n" + line[: len(line) - len(line.lstrip())])
        else:
            super().keyPressEvent(event)

    def _underline(self) -> None:
        if self._fault is None:
            self.setExtraSelections([])
            return
        start, length = self._fault
        cursor = QTextCursor(self.document())
        last = self.document().characterCount() - 1
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(start + length, last), QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        look.setUnderlineColor(self._roles.color("error"))
        mark = QTextEdit.ExtraSelection()
        mark.cursor = cursor
        mark.format = look
        self.setExtraSelections([mark])
