"""Cards are wide enough for the names of all models."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from backend.gallery import GalleryRow, InstallState, read_catalogue
from gui.gallery.card import NARROWEST, Card
from gui.gallery.item import item_of
from gui.widgets.theme import DARK

CATALOGUE = read_catalogue()


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_no_name_is_cut_in_the_narrowest_card(qtbot: QtBot, name: str) -> None:
    row = GalleryRow(CATALOGUE[name], InstallState.ABSENT, Path("models") / name, 0, None)
    card = Card(item_of(row, working=False), DARK)
    qtbot.addWidget(card)
    card.resize(NARROWEST, card.sizeHint().height())
    card.show()
    QCoreApplication.processEvents()
    assert card._title.shown() == (CATALOGUE[name].title,)
