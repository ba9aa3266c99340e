"""Buttons that open a menu."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from gui.widgets.menu_button import give_menu


def test_a_button_is_not_under_the_pointer_that_its_menu_took_away(qtbot: QtBot) -> None:
    button = QPushButton("Choose")
    qtbot.addWidget(button)
    menu = QMenu(button)
    menu.addAction("one")
    give_menu(button, menu)
    button.show()
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
    menu.close()
    assert not button.underMouse()
