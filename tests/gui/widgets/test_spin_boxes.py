"""A field for numbers grows with what is in it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.widgets.spin_boxes import SpinBox


def test_a_field_is_as_wide_as_its_number(qtbot: QtBot) -> None:
    box = SpinBox()
    qtbot.addWidget(box)
    box.setRange(-1, 2**31 - 1)
    box.grow_from(72)
    assert box.width() == 72
    box.setValue(2**31 - 1)
    assert box.width() > box.fontMetrics().horizontalAdvance(box.text()) + 30
    box.setValue(1)
    assert box.width() == 72
