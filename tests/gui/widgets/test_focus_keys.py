"""Keys that a focused widget has a use for are no shortcuts of the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.focus_keys import belongs_to_widget

CTRL, PLAIN = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_a_text_that_is_edited_has_the_keys_of_editing(
    kind: type[QLineEdit | QPlainTextEdit], qtbot: QtBot
) -> None:
    text = kind()
    qtbot.addWidget(text)
    for key in (Qt.Key.Key_V, Qt.Key.Key_Z, Qt.Key.Key_A):
        assert belongs_to_widget(text, key, CTRL)
    assert not belongs_to_widget(text, Qt.Key.Key_Return, CTRL)
    assert not belongs_to_widget(text, Qt.Key.Key_F, CTRL)
    text.setReadOnly(True)
    assert not belongs_to_widget(text, Qt.Key.Key_V, CTRL)


@pytest.mark.parametrize("kind", [QComboBox, QPushButton])
def test_others_leave_them_to_the_window(kind: type[QWidget], qtbot: QtBot) -> None:
    widget = kind()
    qtbot.addWidget(widget)
    assert not belongs_to_widget(widget, Qt.Key.Key_V, CTRL)
    assert belongs_to_widget(widget, Qt.Key.Key_Space, PLAIN)
