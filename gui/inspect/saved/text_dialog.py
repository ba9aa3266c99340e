"""A file of a collection as text: checks, variables and whatever the fields do not show."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from backend.core.errors import ConsoleError
from gui.inspect.text_editor import TextEditor
from gui.widgets.dialog_buttons import save_and_cancel
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE, Palette

_SIZE = (620, 460)
_LEAST = (420, 300)


class FileTextDialog(QDialog):
    """`check` raises a ConsoleError for a text that cannot be saved; `save` gets one that can."""

    def __init__(
        self,
        window: QWidget,
        palette: Palette,
        title: str,
        text: str,
        check: Callable[[str], object],
        save: Callable[[str], object],
    ) -> None:
        super().__init__(window)
        self._check = check
        self._save = save
        self._warned = False
        self.setWindowTitle(title)
        self.editor = TextEditor(title, palette)
        self.editor.setPlainText(text)
        self.editor.setTabChangesFocus(True)
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        buttons = save_and_cancel(self)
        self.editor.textChanged.connect(self._typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        column.addWidget(self.editor, 1)
        column.addWidget(self.wrong)
        column.addWidget(buttons)
        self.setMinimumSize(*_LEAST)
        self.resize(*_SIZE)
        self.editor.setFocus()
        QShortcut(QKeySequence.StandardKey.Save, self, self.accept)

    def accept(self) -> None:
        """Save the text if it can be understood."""
        text = self.editor.toPlainText()
        try:
            self._check(text)
        except ConsoleError as error:
            self.complain(error)
            return
        self._save(text)

    def reject(self) -> None:
        """Close it; what was typed is lost only if that is asked for twice."""
        if self.editor.document().isModified() and not self._warned:
            self.wrong.setText(tr("What you changed is not saved. Esc once more discards it."))
            self.wrong.show()
            self._warned = True
            return
        super().reject()

    @Slot()
    def _typed(self) -> None:
        self._warned = False
        self.wrong.hide()

    def saved(self) -> None:
        """It is written."""
        super().accept()

    def complain(self, error: Exception) -> None:
        """Say why it is not saved; the text stays."""
        self._warned = False
        self.wrong.setText(str(error))
        self.wrong.show()
