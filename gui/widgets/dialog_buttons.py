"""The buttons at the foot of a dialog: in the window's language, and without Qt's own icons, which
are of another style than ours."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtGui import QIcon, QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox

from gui.widgets.language import tr

_Standard = QDialogButtonBox.StandardButton


class ButtonBox(QDialogButtonBox):
    """Tab visits its buttons as they stand; Qt's own order is that of before the stylesheet."""

    def showEvent(self, event: QShowEvent) -> None:
        """By now they have their places."""
        super().showEvent(event)
        row = self.layout()
        assert row is not None
        placed = [item.widget() for index in range(row.count()) if (item := row.itemAt(index))]
        for left, right in pairwise(widget for widget in placed if widget is not None):
            self.setTabOrder(left, right)


def use_and_cancel(dialog: QDialog) -> QDialogButtonBox:
    """`Use`, which accepts the dialog and stands out, and `Cancel`."""
    return _answers(dialog, _Standard.Ok, tr("Use"))


def save_and_cancel(dialog: QDialog) -> QDialogButtonBox:
    """`Save`, which accepts the dialog and stands out, and `Cancel`."""
    return _answers(dialog, _Standard.Save, tr("Save"))


def _answers(dialog: QDialog, yes: _Standard, words: str) -> QDialogButtonBox:
    box = ButtonBox(yes | _Standard.Cancel)
    box.button(yes).setText(words)
    box.button(yes).setProperty("role", "primary")
    box.button(_Standard.Cancel).setText(tr("Cancel"))
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    _take_icons(box)
    return box


def close_only(dialog: QDialog) -> QDialogButtonBox:
    """`Close`, where everything takes effect at once."""
    box = ButtonBox(_Standard.Close)
    box.button(_Standard.Close).setText(tr("Close"))
    box.rejected.connect(dialog.reject)
    _take_icons(box)
    return box


def plain_buttons(dialog: QDialog) -> None:
    """Take the icons off those that Qt made; after it is open, as some are made then."""
    for box in dialog.findChildren(QDialogButtonBox):
        _take_icons(box)


def _take_icons(box: QDialogButtonBox) -> None:
    for button in box.buttons():
        button.setIcon(QIcon())
