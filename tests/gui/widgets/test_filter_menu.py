"""Menus that are narrowed down by typing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget, QWidgetAction
from pytestqt.qtbot import QtBot

from gui.widgets.filter_menu import FilterMenu
from gui.widgets.picker import add_choice, add_heading


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


def test_headings_that_do_not_match_lie_over_nothing(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    menu = FilterMenu(window)
    menu.clear()
    for name in ("Models", "Sources"):
        add_heading(menu, name)
        add_choice(menu, f"{name} of mine", chosen=False)
    window.show()
    menu.popup(window.pos())
    headings = [label for label in menu.findChildren(QLabel) if label.text() in "Models Sources"]
    assert len(headings) == 2
    QTest.keyClicks(menu, "mine")
    assert not any(label.isVisible() for label in headings)
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    assert all(label.isVisible() for label in headings)


def test_a_long_name_is_shortened_and_found_by_all_of_it(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    menu = FilterMenu(window)
    menu.clear()
    name = "a photograph " * 20 + "with its middle " + "and its end " * 20
    action = add_choice(menu, name, chosen=False)
    assert len(action.text()) < 120
    assert action.toolTip() == name
    own = add_choice(menu, "faces", chosen=False)
    own.setText("faces\tmy models")
    add_choice(menu, "faces_2", chosen=False)
    window.show()
    menu.popup(window.pos())
    QTest.keyClicks(menu, "middle")
    assert menu.activeAction() is action
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    QTest.keyClicks(menu, "faces")
    assert menu.activeAction() is own
    menu.hide()


def test_a_row_says_what_was_typed_and_the_menu_keeps_its_width(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    menu = FilterMenu(window)
    menu.clear()
    for name in ("shapes", "a name that is a good deal longer than the others"):
        add_choice(menu, name, chosen=False)
    add_choice(menu, "speech", chosen=False, blocked="takes sound")
    window.show()
    menu.popup(window.pos())
    row, wide = menu.actions()[0], menu.width()
    assert isinstance(row, QWidgetAction)
    label = row.defaultWidget()
    assert isinstance(label, QLabel)
    assert label.text() == "Type to find"
    QTest.keyClick(menu, Qt.Key.Key_Down)
    assert menu.activeAction().text() == "shapes"
    for typed, said in (("sha", "Matching: sha"), ("x", "Nothing matches: shax")):
        QTest.keyClicks(menu, typed)
        assert label.text() == said
        assert menu.width() == wide
    QTest.keyClick(menu, Qt.Key.Key_Return)  # there is nothing to take
    assert menu.isVisible()
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    QTest.keyClicks(menu, "speech")  # the only one cannot be chosen
    assert label.text() == "Matching: speech"
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert menu.isVisible()
    menu.hide()
    assert label.text() == "Type to find"
