"""Qt's own answers without Qt's own icons, which are of another style than ours."""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox


def plain_buttons(dialog: QDialog) -> None:
    """Take the icons off its OK, Cancel and the like; after it is open, as some are made then."""
    for box in dialog.findChildren(QDialogButtonBox):
        for answer in box.buttons():
            answer.setIcon(QIcon())
