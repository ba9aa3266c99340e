"""Tabs that have no room are in a menu, and the one on show is always in the row."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.widgets.fitting_tabs import FittingTabs

TITLES = ("Messages", "Summary", "Tree", "Text", "Hex", "Headers", "Timing")


def tabs_of(qtbot: QtBot, width: int) -> FittingTabs:
    tabs = FittingTabs()
    qtbot.addWidget(tabs)
    for title in TITLES:
        tabs.addTab(QLabel(title), title)
    tabs.resize(width, 200)
    tabs.show()
    qtbot.waitExposed(tabs)
    return tabs


def in_row(tabs: FittingTabs) -> list[str]:
    return [tabs.tabText(i) for i in range(tabs.count()) if tabs.isTabVisible(i)]


def in_menu(tabs: FittingTabs) -> list[str]:
    menu = tabs.more.menu()
    assert menu is not None
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions()]


def test_where_there_is_room_all_are_in_the_row(qtbot: QtBot) -> None:
    tabs = tabs_of(qtbot, 2000)
    assert in_row(tabs) == list(TITLES)
    assert tabs.more.isHidden()


def test_those_without_room_are_in_the_menu_and_none_is_cut(qtbot: QtBot) -> None:
    tabs = tabs_of(qtbot, 330)
    assert in_row(tabs) + in_menu(tabs) == list(TITLES)
    assert in_menu(tabs)
    bar = tabs.tabBar()
    last = max(i for i in range(tabs.count()) if tabs.isTabVisible(i))
    qtbot.waitUntil(lambda: bar.tabRect(last).right() <= bar.width())
    assert not bar.geometry().intersects(tabs.more.geometry())
    assert tabs.rect().contains(tabs.more.geometry())
    tabs.resize(2000, 200)
    assert in_row(tabs) == list(TITLES)


def test_the_one_that_is_chosen_from_the_menu_joins_the_row(qtbot: QtBot) -> None:
    tabs = tabs_of(qtbot, 330)
    assert in_menu(tabs)[-1] == "Timing"
    menu = tabs.more.menu()
    assert menu is not None
    menu.actions()[-1].trigger()
    assert tabs.tabText(tabs.currentIndex()) == "Timing"
    assert in_row(tabs)[-1] == "Timing"
    assert len(in_row(tabs)) > 2
    qtbot.waitUntil(lambda: tabs.tabBar().tabRect(0).left() >= 0)
    tabs.setCurrentIndex(0)
    assert "Timing" in in_menu(tabs)


def test_a_tab_that_is_not_offered_is_nowhere(qtbot: QtBot) -> None:
    tabs = tabs_of(qtbot, 330)
    tabs.offer(0, offered=False)
    assert not tabs.offers(0)
    assert in_row(tabs) + in_menu(tabs) == list(TITLES[1:])
    assert tabs.tabText(tabs.currentIndex()) != "Messages"
    tabs.offer(0)
    tabs.setCurrentIndex(0)
    assert in_row(tabs)[0] == "Messages"


def test_a_longer_title_is_fitted_again(qtbot: QtBot) -> None:
    tabs = tabs_of(qtbot, 330)
    before = in_row(tabs)
    tabs.rename(1, "Summary of what was said and done")
    assert len(in_row(tabs)) < len(before)
