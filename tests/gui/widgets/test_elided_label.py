"""A line that gives way."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.elided_label import ElidedLabel


def test_a_long_text_asks_for_no_room_and_keeps_both_ends(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    label = ElidedLabel("caption")
    row.addWidget(label, 1)
    name, rest = "a photograph " * 20, "   640 × 480   2 fps"
    label.say(name, rest)
    window.resize(300, 40)
    window.show()
    assert window.width() == 300
    assert label.text().startswith("a photo")
    assert label.text().endswith(rest)
    assert "…" in label.text()
    text = name + rest
    assert (label.full, label.toolTip(), label.accessibleName()) == (text, text, text)
    label.say("short")
    assert (label.text(), label.toolTip()) == ("short", "")
