"""How large a dialog opens: as large as it would like to be, if the screen is."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog

_FRAME = QSize(16, 40)
"""What a desktop draws around a window, about."""


def room_for(dialog: QDialog) -> QSize:
    """The most that a dialog can have on its screen, in points."""
    return dialog.screen().availableSize() - _FRAME


def open_as_large_as(dialog: QDialog, wanted: QSize) -> None:
    """Give a dialog this size, or what the screen has room for."""
    dialog.resize(wanted.boundedTo(room_for(dialog)))
