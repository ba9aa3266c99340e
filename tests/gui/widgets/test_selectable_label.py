"""Labels whose long words go on in the next line, and are copied whole."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.widgets.selectable_label import SelectableLabel

DIGEST = "b5f11855cadbd611183503fb5679ca494613b5f11855cadbd611183503fb5679"
PATH = "/home/somebody/.local/share/inferdeck/models/selfie_segmentation_landscape"


@pytest.mark.parametrize("word", [DIGEST, PATH, "\u4e2d" * 60])
def test_a_long_word_needs_no_more_room_than_a_narrow_column(qtbot: QtBot, word: str) -> None:
    label = SelectableLabel("error", f"What came has {word}, not that.")
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 440
    assert label.text() == f"What came has {word}, not that."


def test_what_is_selected_is_copied_as_it_was_given(qtbot: QtBot) -> None:
    label = SelectableLabel("", f"In {PATH}\nit is.")
    qtbot.addWidget(label)
    label.show()
    label.setSelection(0, len(QLabel.text(label)))
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"In {PATH}\nit is."


def test_the_menu_copies_all_where_nothing_is_selected(qtbot: QtBot) -> None:
    label = SelectableLabel("", PATH)
    qtbot.addWidget(label)
    label.show()
    label._copy()
    assert QGuiApplication.clipboard().text() == PATH
