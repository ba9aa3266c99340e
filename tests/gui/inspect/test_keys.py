"""Keys alone lead through the message of a request."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.inspect.page import InspectPage
from tests.gui.inspect.inspect_stage import ListeningHost
from tests.gui.inspect.test_page import as_message, form_of, server, stage, target

__all__ = ["server", "stage", "target"]


def test_keys_come_to_the_message_before_its_buttons_and_out_of_it_again(
    stage: tuple[InspectPage, ListeningHost],
    qtbot: QtBot,
) -> None:
    page, _ = stage
    form_of(page, qtbot, "identity")
    as_message(page, qtbot)
    page.widget.show()
    page.widget.activateWindow()
    body = page.request.body
    message, chosen = body._message, body._mode.button("text")
    chosen.setFocus()
    qtbot.waitUntil(chosen.hasFocus)
    QTest.keyClick(chosen, Qt.Key.Key_Tab)
    assert message.hasFocus()
    before = message.toPlainText()
    QTest.keyClick(message, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert chosen.hasFocus()
    message.setFocus()
    QTest.keyClick(message, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() in page.request.acts.buttons()
    assert message.toPlainText() == before
    message.setFocus()
    QTest.keyClick(message, Qt.Key.Key_Tab)
    assert message.hasFocus()
    assert message.toPlainText() != before
