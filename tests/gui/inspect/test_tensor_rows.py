"""The rows of the form: what an input can be filled with, and room for a path."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.inspector.forms import Fill, FillKind, InputRow, TensorForm
from gui.inspect.request.tensor_rows import TensorRows

IMAGE = TensorSpec("IMAGE", Datatype.UINT8, (-1, -1, 3))
NARROW = 300


def rows(qtbot: QtBot, fill: Fill) -> TensorRows:
    shown = TensorRows()
    qtbot.addWidget(shown)
    row = InputRow(IMAGE, IMAGE.shape, fill)
    shown.show_form(TensorForm("faces", (row,), media=MediaKind.IMAGE))
    shown.resize(NARROW, 400)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def kinds(shown: TensorRows) -> QComboBox:
    (box,) = shown.findChildren(QComboBox)
    return box


def test_sound_is_not_offered_for_a_picture_unless_it_is_chosen(qtbot: QtBot) -> None:
    shown = rows(qtbot, Fill())
    offered = kinds(shown)
    assert offered.findData(FillKind.SOUND) < 0
    assert offered.findData(FillKind.PICTURE) >= 0
    other = rows(qtbot, Fill(FillKind.SOUND, "speech.wav"))
    said = kinds(other)
    assert said.currentData() == FillKind.SOUND


@pytest.mark.parametrize("kind", [FillKind.PICTURE, FillKind.FILE])
def test_the_button_beside_a_path_is_whole_in_a_narrow_form(qtbot: QtBot, kind: FillKind) -> None:
    shown = rows(qtbot, Fill(kind, "/a/long/path/to/a/picture.png"))
    (button,) = shown.findChildren(QPushButton)
    button.setText("Durchsuchen...")
    qtbot.waitUntil(lambda: button.width() >= button.sizeHint().width())
    assert button.mapTo(shown, button.rect().topRight()).x() < shown.viewport().width()
