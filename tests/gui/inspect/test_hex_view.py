"""The bytes of a reply keep their columns in sight."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.inspect.reply.hex_view import HexView


def test_a_narrow_view_has_fewer_bytes_to_a_line_and_stays_at_its_place(qtbot: QtBot) -> None:
    view = HexView()
    qtbot.addWidget(view)
    view.resize(view.sizeHint().width() + 40, 240)
    view.show()
    view.show_bytes(bytes(range(256)) * 40)
    whole = view.lines
    view.verticalScrollBar().setValue(100)
    view.resize(view.sizeHint().width() - 200, 240)
    qtbot.waitUntil(lambda: view.lines == 2 * whole)
    assert view.verticalScrollBar().value() == 200
    assert view.horizontalScrollBar().maximum() == 0
    view.resize(view.sizeHint().width() + 40, 240)
    qtbot.waitUntil(lambda: view.lines == whole)
