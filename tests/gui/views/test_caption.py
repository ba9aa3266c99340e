"""A word that was said is large, and goes by itself."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.views.caption import CaptionView
from tests.gui.views.view_samples import image_of, settle

_S = 1_000_000_000


def caption(qtbot: QtBot) -> CaptionView:
    view = CaptionView()
    qtbot.addWidget(view)
    view.resize(400, 100)
    return view


def ink(view: CaptionView) -> int:
    """How many pixels the plate of the word makes dark."""
    image = image_of(view)
    return sum(
        image.pixelColor(x, y).lightness() < 90
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


def test_a_word_stays_then_fades_then_is_gone(qtbot: QtBot) -> None:
    view = caption(qtbot)
    assert view.isHidden()
    view.say("seven", 100 * _S)
    settle()
    assert (view.summary, view.accessibleDescription()) == ("seven", "seven")
    strengths = []
    for tenth in range(17):
        view.tick(100 * _S + tenth * _S // 10)
        strengths.append(view.strength)
    assert strengths[:7] == [1.0] * 7
    assert strengths[7:] == sorted(strengths[7:], reverse=True)
    assert strengths[-1] == 0.0
    assert view.isHidden()


def test_the_newest_word_takes_the_place_of_the_one_before(qtbot: QtBot) -> None:
    view = caption(qtbot)
    view.say("one", 100 * _S)
    view.tick(101 * _S)
    assert 0 < view.strength < 1
    view.say("two", 101 * _S)
    view.tick(101 * _S)
    assert (view.summary, view.strength) == ("two", 1.0)
    view.clear()
    assert view.isHidden()


def test_a_faded_word_is_drawn_weaker_and_a_long_one_fits(qtbot: QtBot) -> None:
    view = caption(qtbot)
    view.say("seven", 100 * _S)
    settle()
    full = ink(view)
    view.tick(100 * _S + 14 * _S // 10)
    assert ink(view) < full
    view.say("a very long sentence " * 10, 200 * _S)
    image = image_of(view)
    edge = image.pixelColor(1, 50)
    assert all(image.pixelColor(x, 50) == edge for x in (0, 2, 398, 399))
