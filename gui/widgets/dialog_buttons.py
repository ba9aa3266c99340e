"""The buttons at the foot of a dialog: in the window's language, and without Qt's own icons, which
are of another style than ours."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtGui import QIcon, QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton

from gui.widgets.language import tr

_Role = QDialogButtonBox.ButtonRole


class ButtonBox(QDialogButtonBox):
    """Tab visits its buttons as they stand; Qt's own order is that of before the stylesheet.

    Enter in a field presses the button that accepts, if there is one, and never another.
    """

    def add(self, text: str, role: QDialogButtonBox.ButtonRole) -> QPushButton:
        """A button of that role."""
        button = self.addButton(text, role)
        button.setIcon(QIcon())
        button.setAutoDefault(role is QDialogButtonBox.ButtonRole.AcceptRole)
        return button

    def showEvent(self, event: QShowEvent) -> None:
        """By now they have their places."""
        super().showEvent(event)
        row = self.layout()
        assert row is not None
        items = (row.itemAt(index) for index in range(row.count()))
        placed = [widget for item in items if item and (widget := item.widget())]
        self.setFocusProxy(placed[0])
        for left, right in pairwise(placed):
            self.setTabOrder(left, right)


def use_and_cancel(dialog: QDialog) -> ButtonBox:
    """`Use`, which accepts the dialog and stands out, and `Cancel`."""
    return _answers(dialog, tr("Use"))


def save_and_cancel(dialog: QDialog) -> ButtonBox:
    """`Save`, which accepts the dialog and stands out, and `Cancel`."""
    return _answers(dialog, tr("Save"))


def _answers(dialog: QDialog, yes: str) -> ButtonBox:
    box = ButtonBox()
    accept = box.add(yes, _Role.AcceptRole)
    accept.setProperty("role", "primary")
    accept.setDefault(True)
    box.add(tr("Cancel"), _Role.RejectRole)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box


def close_only(dialog: QDialog) -> ButtonBox:
    """`Close`, where everything takes effect at once."""
    box = ButtonBox()
    box.add(tr("Close"), _Role.RejectRole)
    box.rejected.connect(dialog.reject)
    return box


def plain_buttons(dialog: QDialog) -> None:
    """Take the icons off those that Qt made; after it is open, as some are made then."""
    for box in dialog.findChildren(QDialogButtonBox):
        for button in box.buttons():
            button.setIcon(QIcon())
