"""No dialog opens larger than its screen."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from gui.widgets.dialog_sizes import open_as_large_as, room_for


def test_a_dialog_is_as_large_as_wanted_or_as_its_screen(qtbot: QtBot) -> None:
    dialog = QDialog()
    qtbot.addWidget(dialog)
    open_as_large_as(dialog, QSize(300, 200))
    assert dialog.size() == QSize(300, 200)
    open_as_large_as(dialog, QSize(300, 100_000))
    assert dialog.size() == QSize(300, room_for(dialog).height())
    assert dialog.height() < dialog.screen().availableSize().height()
