"""Toasts: how many are in sight, where they go, and what they never cover."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from backend.core.status import Notice, Severity
from gui.views.view import KEEP_CLEAR
from gui.widgets.theme import DARK
from gui.workspace.notices import ToastAction
from gui.workspace.toast_places import Places, all_places, keep_clear, places
from gui.workspace.toasts import Toasts

ROOM = QRect(0, 0, 1248, 720)
TOAST, REST = QSize(440, 140), QSize(150, 36)
TABS, LEGEND = QRect(0, 550, 1248, 28), QRect(1110, 590, 138, 130)


@pytest.fixture
def toasts(qtbot: QtBot) -> Toasts:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    QCursor.setPos(window.pos())  # no toast gives way while it is pointed at
    window.show()
    made = Toasts(window, DARK, 30)
    made.setParent(window)
    window.setProperty("toasts", made)
    return made


def tell(toasts: Toasts, number: int, severity: Severity = Severity.ERROR) -> None:
    for index in range(number):
        toasts.show_notice(Notice(severity, f"Error {index}"))


def press(toasts: Toasts, text: str) -> None:
    (button,) = (b for b in toasts.findChildren(QPushButton) if b.text() == text and b.isVisible())
    button.click()


def titles(toasts: Toasts) -> list[str]:
    return [notice.title for notice in toasts.in_sight]


def test_what_repeats_is_one_toast(toasts: Toasts) -> None:
    for _ in range(14):
        toasts.show_notice(Notice(Severity.WARNING, "Overflow"))
    assert len(toasts.shown) == 1
    assert [label.text() for label in toasts.findChildren(QLabel) if "14" in label.text()]


def test_the_newest_two_are_in_sight_and_the_others_on_demand(toasts: Toasts) -> None:
    tell(toasts, 4)
    assert titles(toasts) == ["Error 2", "Error 3"]
    press(toasts, "+2 more")
    assert titles(toasts) == ["Error 0", "Error 1", "Error 2", "Error 3"]
    press(toasts, "Show fewer")
    assert titles(toasts) == ["Error 2", "Error 3"]
    press(toasts, "Close all")
    assert not toasts.shown
    assert not toasts.isVisible()


def test_one_that_waited_comes_to_sight_when_there_is_room(toasts: Toasts) -> None:
    tell(toasts, 3)
    newest = [b for b in toasts.findChildren(QAbstractButton) if b.accessibleName()][-1]
    newest.click()
    assert titles(toasts) == ["Error 0", "Error 1"]
    assert not [b for b in toasts.findChildren(QPushButton) if b.isVisible()]


def test_very_many_give_way_to_the_newest(toasts: Toasts) -> None:
    tell(toasts, 99)
    assert len(toasts.shown) == 12
    assert toasts.shown[-1].title == "Error 98"


def test_a_control_that_comes_under_a_toast_is_given_way_to(toasts: Toasts, qtbot: QtBot) -> None:
    tell(toasts, 1)
    window = toasts.parentWidget()
    assert window is not None
    button = QPushButton("Send", window)
    button.setGeometry(60, 730, 80, 26)
    button.show()
    assert toasts.mask().boundingRect().translated(toasts.pos()).intersects(button.geometry())
    qtbot.waitUntil(
        lambda: not toasts.mask().translated(toasts.pos()).intersects(button.geometry())
    )


def test_a_toast_is_wider_where_its_lines_would_reach_tabs(toasts: Toasts) -> None:
    window = toasts.parentWidget()
    assert window is not None
    window.resize(1000, 700)
    toasts.show_notice(Notice(Severity.INFO, "Added", "What it takes and what it gives. " * 8))
    narrow = toasts.mask().boundingRect()
    tabs = QPushButton("Timeline", window)
    tabs.setGeometry(0, toasts.y() + narrow.top() - 20, 1000, 26)
    tabs.show()
    toasts.arrange()
    wide = toasts.mask().boundingRect()
    assert wide.width() > narrow.width()
    assert wide.translated(toasts.pos()).top() > tabs.geometry().bottom()


def test_beside_toasts_the_window_is_pressed(toasts: Toasts) -> None:
    tell(toasts, 1)
    window = toasts.parentWidget()
    assert window is not None
    assert window.childAt(640, 300) is None
    toast = window.childAt(40, 740)
    assert toast is not None
    assert toasts.isAncestorOf(toast)


def test_two_lie_beside_each_other_where_over_each_other_would_cover_tabs() -> None:
    found = places([TOAST, TOAST], REST, ROOM, [TABS, LEGEND])
    assert found == Places((QRect(0, 580, 440, 140), QRect(448, 580, 440, 140)))


def test_the_rest_is_told_beside_two_and_spares_the_legend() -> None:
    found = places([TOAST] * 4, REST, ROOM, [TABS, LEGEND])
    assert len(found.toasts) == 2
    assert found.rest == QRect(896, 684, 150, 36)


def test_one_is_shown_where_two_would_cover_something() -> None:
    narrow = QRect(0, 0, 868, 520)
    clear = [QRect(0, 370, 868, 10), QRect(730, 380, 138, 140)]
    found = places([QSize(400, 138)] * 3, REST, narrow, clear)
    assert found == Places((QRect(0, 382, 400, 138),), QRect(408, 484, 150, 36))


def test_the_other_corner_is_taken_if_a_button_is_in_the_first() -> None:
    found = places([TOAST], REST, ROOM, [QRect(100, 700, 60, 20)])
    assert found == Places((QRect(808, 580, 440, 140),))


def test_where_all_is_full_one_covers_the_least() -> None:
    found = places([TOAST, TOAST], REST, ROOM, [QRect(0, 0, 1248, 690), QRect(0, 690, 600, 30)])
    assert len(found.toasts) == 1
    assert found.rest is not None
    assert found.rest.right() == ROOM.right()


def test_all_of_them_are_as_many_as_fit() -> None:
    found = all_places([TOAST] * 9, REST, ROOM)
    assert len(found.toasts) == 4
    assert found.toasts[-1].bottom() == ROOM.bottom()
    assert len(all_places([QSize(440, 900)], REST, ROOM).toasts) == 1


def test_what_is_kept_clear_is_what_is_in_sight_of_controls_and_legends(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(300, 200)
    panel = QWidget(window)
    panel.setGeometry(50, 50, 100, 100)
    button, legend, picture = QPushButton("Go", panel), QWidget(panel), QWidget(panel)
    button.setGeometry(80, 0, 80, 20)
    legend.setGeometry(0, 40, 30, 30)
    legend.setProperty(KEEP_CLEAR, "legend")
    picture.setGeometry(0, 0, 10, 10)
    hidden = QPushButton("Away", panel)
    hidden.hide()
    toast = QWidget(window)
    QPushButton("Close", toast)
    window.show()
    QTest.qWaitForWindowExposed(window)
    assert keep_clear(window, toast) == [QRect(130, 50, 20, 20), QRect(50, 90, 30, 30)]


def test_copy_stays_in_the_line_of_the_details_it_copies(toasts: Toasts) -> None:
    actions = (ToastAction("Start the server of this window anew", lambda: None),)
    toasts.show_notice(Notice(Severity.ERROR, "Stopped"), actions, "the stack")
    links = {one.text(): one for one in toasts.findChildren(QPushButton) if one.isVisible()}
    places = {text: link.mapTo(toasts, link.rect().topLeft()) for text, link in links.items()}
    assert places["Copy"].y() == places["Details"].y()
    assert places["Copy"].x() > places["Details"].x()
