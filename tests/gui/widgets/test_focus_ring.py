"""Where keys go is seen by who came by key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLineEdit,
    QListWidget,
    QPushButton,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.widgets.dialog_buttons import use_and_cancel
from gui.widgets.focus_ring import FocusRing, FocusRings
from gui.widgets.stylesheet import stylesheet


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    """A list, a button and a tree."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    rings = FocusRings(app)
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for part in (QListWidget(), QPushButton("Button"), QTreeWidget()):
        column.addWidget(part)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    yield window
    rings.close()


def ring_in(window: QWidget) -> QWidget | None:
    """What the ring is around."""
    found = [ring for ring in window.findChildren(FocusRing) if not ring.isHidden()]
    assert len(found) <= 1
    return found[0].parentWidget() if found else None


def tab(window: QWidget) -> QWidget:
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
    reached = QApplication.focusWidget()
    assert reached is not None
    return reached


def test_a_ring_is_around_what_tab_reaches_and_shows_nothing_itself(window: QWidget) -> None:
    assert ring_in(window) is None  # nobody has pressed a key
    assert isinstance(tab(window), QPushButton)
    assert ring_in(window) is None  # its border says so
    tree = tab(window)
    assert ring_in(window) is tree
    edge = tree.mapTo(window, QPoint(1, tree.height() // 2))
    accent = window.palette().highlight().color()
    assert window.grab().toImage().pixelColor(edge) == accent


def test_no_ring_is_around_what_the_mouse_reaches(window: QWidget) -> None:
    tab(window)
    listed = window.findChild(QListWidget)
    assert listed is not None
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() is listed
    assert ring_in(window) is None


def test_the_ring_keeps_to_the_edges(window: QWidget) -> None:
    tab(window)
    tree = tab(window)
    window.resize(window.size() * 2)
    QApplication.processEvents()
    (ring,) = window.findChildren(FocusRing)
    assert ring.geometry() == tree.rect()
    assert not ring.mask().contains(tree.rect().center())


def test_what_is_deleted_takes_its_ring_along(window: QWidget) -> None:
    tab(window)
    tree = tab(window)
    tree.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert ring_in(window) is None
    while not isinstance(reached := tab(window), QListWidget):
        pass
    assert ring_in(window) is reached


def test_tab_visits_the_buttons_of_a_dialog_as_they_stand(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.setStyleSheet(stylesheet())
    dialog = QDialog(parent)
    column = QVBoxLayout(dialog)
    box = use_and_cancel(dialog)
    column.addWidget(box)
    field = QLineEdit()
    column.insertWidget(0, field)  # later than the buttons, as forms do
    dialog.open()
    dialog.activateWindow()
    field.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is field)
    reached = [tab(dialog), tab(dialog)]
    assert reached == sorted(box.buttons(), key=lambda button: button.x())
