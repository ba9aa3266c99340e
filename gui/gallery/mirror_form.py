"""A small question: the address of a mirror."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QVBoxLayout, QWidget

from backend.core.errors import ConsoleError
from gui.widgets.dialog_buttons import use_and_cancel
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE

_WIDTH = 460


class MirrorForm(QDialog):
    """An address, empty for none; `check` raises a ConsoleError for one that cannot be used."""

    def __init__(self, window: QWidget, mirror: str, check: Callable[[str], object]) -> None:
        super().__init__(window)
        self._check = check
        self.mirror = mirror
        self.setWindowTitle(tr("Mirror for downloads"))
        title = QLabel(tr("Mirror for downloads"))
        title.setProperty("role", "title")
        words = QLabel(
            tr(
                "Files are fetched from below this address instead of their origins, as "
                "ADDRESS/HOST/PATH. Leave it empty to use the origins."
            )
        )
        words.setProperty("role", "muted")
        self.address = QLineEdit(mirror)
        self.address.setPlaceholderText("https://mirror.lab/files")
        self.address.setAccessibleName(tr("Address of the mirror"))
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        for label in (words, self.wrong):
            label.setWordWrap(True)
            label.setFixedWidth(_WIDTH)
        self.wrong.hide()
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        for widget in (title, words, self.address, self.wrong, use_and_cancel(self)):
            column.addWidget(widget)
        self.address.setFocus()

    def accept(self) -> None:
        """Take the address if it can be used."""
        mirror = self.address.text().strip()
        try:
            if mirror:
                self._check(mirror)
            reason = tr("A name and a password do not belong there.") if _signed(mirror) else ""
        except ConsoleError as error:
            reason = str(error)
        if reason:
            self.wrong.setText(reason)
            self.wrong.show()
            return
        self.mirror = mirror
        super().accept()


def _signed(address: str) -> bool:
    """Whether it holds a name or a password, which would be written into the settings."""
    parts = urlsplit(address)
    return bool(parts.username or parts.password)
