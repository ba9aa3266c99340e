"""Keys that a focused widget has a use for are no shortcuts; Enter presses where it goes to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.widgets.focus_keys import FocusKeys, belongs_to_widget

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


@pytest.fixture
def keys() -> Iterator[None]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    keys = FocusKeys(app)
    yield
    keys.close()


def pressed_by_enter(qtbot: QtBot, window: QWidget, *buttons: QAbstractButton) -> list[str]:
    """Which are pressed when Enter goes to each of them in turn."""
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    pressed: list[str] = []
    for button in buttons:
        row.addWidget(button)
        button.clicked.connect(partial(pressed.append, button.text()))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for button in buttons:
        button.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(button, Qt.Key.Key_Return)
    return pressed


@pytest.mark.usefixtures("keys")
def test_enter_presses_what_has_the_focus_in_a_window(qtbot: QtBot) -> None:
    card, tool, turned = QPushButton("card"), QToolButton(), QCheckBox("turned")
    tool.setText("tool")
    tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    assert pressed_by_enter(qtbot, QWidget(), card, tool, turned) == ["card", "tool"]


@pytest.mark.usefixtures("keys")
def test_enter_on_another_button_of_a_dialog_leaves_the_default_one_alone(qtbot: QtBot) -> None:
    use, browse, other = QPushButton("use"), QToolButton(), QPushButton("other")
    browse.setText("browse")
    use.setDefault(True)
    other.setAutoDefault(False)
    browse.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    assert pressed_by_enter(qtbot, QDialog(), browse, other, use) == ["browse", "other", "use"]
