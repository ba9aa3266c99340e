"""The area that says that more lies below: its button never covers what it shows."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.more_area import MoreArea
from gui.widgets.theme import DARK


class _High(QWidget):
    def __init__(self, height: int) -> None:
        super().__init__()
        self._height = height
        self.setMinimumSize(200, height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, self._height)


def area_of(qtbot: QtBot, height: int, content: int) -> MoreArea:
    view = _High(content)
    area = MoreArea(view, DARK, 100)
    qtbot.addWidget(area)
    area.resize(220, height)
    area.show()
    qtbot.waitExposed(area)
    return area


def test_the_button_has_a_strip_of_its_own(qtbot: QtBot) -> None:
    area = area_of(qtbot, 180, 300)
    qtbot.waitUntil(area.more.isVisible)
    assert not area.viewport().geometry().intersects(area.more.geometry())
    assert area.rect().contains(area.more.geometry())
    bar = area.verticalScrollBar()
    area.more.click()
    assert area.more.isHidden()
    assert bar.value() == bar.maximum()
    assert area.viewport().height() == area.height()
    bar.setValue(0)
    qtbot.waitUntil(area.more.isVisible)
    assert not area.viewport().geometry().intersects(area.more.geometry())


def test_what_has_room_needs_no_button(qtbot: QtBot) -> None:
    area = area_of(qtbot, 320, 300)
    assert area.more.isHidden()
    assert area.viewport().height() == area.height()


class _Wrapping(QWidget):
    """Lower where it is wide, as text is, so that a scroll bar makes it higher."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(180, 200 if self.width() >= 215 else 320)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.updateGeometry()


def test_content_that_is_higher_beside_a_scroll_bar_comes_to_rest(qtbot: QtBot) -> None:
    area = MoreArea(_Wrapping(), DARK, 40)
    qtbot.addWidget(area)
    area.show()
    qtbot.waitExposed(area)
    for height in (*range(60, 380, 9), *range(380, 60, -7)):
        area.resize(220, height)
        QApplication.processEvents()
        area.verticalScrollBar().setValue(height % 50)
        QApplication.processEvents()
        covered = area.viewport().geometry().intersects(area.more.geometry())
        assert area.more.isHidden() or not covered
