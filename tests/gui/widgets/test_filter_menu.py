"""Menus that are narrowed down by typing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.filter_menu import FilterMenu
from gui.widgets.picker import add_choice, add_heading

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|raise|grabbing")


def shown(menu: FilterMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isVisible() and action.text()]


def test_letters_narrow_a_menu_down_and_enter_takes_the_best_match(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    menu = FilterMenu(window)
    taken: list[str] = []
    add_heading(menu, "Models")
    for name in ("big faces", "faces_2", "surfaces", "faces", "pitch", "Test pattern"):
        action = add_choice(menu, name, chosen=False)
        action.triggered.connect(lambda _=False, n=name: taken.append(n))
    add_choice(menu, "faces gone", chosen=False, blocked="not there")
    window.show()
    menu.popup(window.pos())
    before = shown(menu)
    QTest.keyClicks(menu, "faces")
    assert shown(menu) == ["big faces", "faces_2", "surfaces", "faces", "faces gone"]
    assert menu.activeAction().text() == "faces"
    QTest.keyClicks(menu, "x")
    assert shown(menu) == []
    QTest.keyClick(menu, Qt.Key.Key_Backspace)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    assert menu.isVisible()
    assert shown(menu) == before
    QTest.keyClicks(menu, "test p")
    assert shown(menu) == ["Test pattern"]
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert taken == ["Test pattern"]
    assert not menu.isVisible()
    menu.popup(window.pos())
    assert shown(menu) == before
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()


def test_the_best_match_stays_chosen_when_the_menu_shrinks_away_from_the_pointer(
    qtbot: QtBot,
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    menu = FilterMenu(window)
    taken: list[str] = []
    for name in ("pitch", "faces", "shapes"):
        action = add_choice(menu, name, chosen=False)
        action.triggered.connect(lambda _=False, n=name: taken.append(n))
    window.show()
    menu.popup(window.pos())
    QTest.mouseMove(menu, menu.actionGeometry(menu.actions()[2]).center())
    QTest.keyClicks(menu, "face")
    QApplication.sendEvent(menu, QEvent(QEvent.Type.Leave))
    assert menu.activeAction().text() == "faces"
    menu.setActiveAction(None)  # type: ignore[arg-type]  # as the pointer's next move does
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert taken == ["faces"]
