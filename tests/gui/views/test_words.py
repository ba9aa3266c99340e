"""Words appear as they are heard, the newest in the accent colour, and go with their source."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from backend.core.status import Word
from gui.views.words import WordsView
from gui.widgets.theme import DARK, LIGHT
from tests.gui.views.view_samples import image_of


def words(*labels: str) -> list[Word]:
    return [Word(label, 0.9, seq) for seq, label in enumerate(labels)]


def has(view: WordsView, role: str) -> bool:
    image, wanted = image_of(view), view.roles.color(role).rgb()
    return any(
        image.pixelColor(x, y).rgb() == wanted
        for x in range(image.width())
        for y in range(image.height())
    )


def shown(qtbot: QtBot) -> WordsView:
    view = WordsView()
    qtbot.addWidget(view)
    view.resize(400, 40)
    return view


def test_nothing_is_there_before_the_first_word(qtbot: QtBot) -> None:
    view = shown(qtbot)
    assert view.isHidden()
    view.add([])
    assert view.isHidden()
    view.add(words("seven"))
    assert not view.isHidden()
    view.clear()
    assert view.isHidden()
    assert view.words == ()


def test_every_word_is_told_once(qtbot: QtBot) -> None:
    view = shown(qtbot)
    view.add(words("four", "two"))
    view.add(words("four"))
    assert view.words == ("four", "two", "four")
    assert view.summary == "3 words: four two four"
    assert view.accessibleDescription() == view.summary


def test_the_newest_word_has_the_accent_colour(qtbot: QtBot) -> None:
    view = shown(qtbot)
    for palette in (DARK, LIGHT):
        view.set_palette_roles(palette)
        view.add(words("four", "two"))
        assert has(view, "accent")
        assert has(view, "text")


def test_old_words_give_way_and_none_is_cut(qtbot: QtBot) -> None:
    view = shown(qtbot)
    view.add(words(*["seven"] * 500))
    assert len(view.words) < 500
    image = image_of(view)
    edge = [image.pixelColor(x, y).rgb() for x in range(396, 400) for y in range(40)]
    assert len(set(edge)) == 1
