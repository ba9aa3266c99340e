"""A word that was said is large, and goes by itself."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.views.caption import FADES_MS, STAYS_MS, CaptionView
from tests.gui.views.view_samples import image_of


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
    view.show_word("seven")
    assert (view.summary, view.accessibleDescription()) == ("seven", "seven")
    strengths = []
    for passed_ms in range(0, STAYS_MS + FADES_MS + 1, 100):
        view.fading.setCurrentTime(passed_ms)
        strengths.append(view.strength)
    assert strengths[:8] == [1.0] * 8
    assert strengths[8:] == sorted(set(strengths[8:]), reverse=True)
    assert strengths[8] < 1.0
    assert strengths[-1] == 0.0
    assert view.isHidden()


def test_a_word_goes_by_itself(qtbot: QtBot) -> None:
    view = caption(qtbot)
    with qtbot.waitSignal(view.fading.finished, timeout=60_000):
        view.show_word("seven")
        assert not view.isHidden()
    assert view.isHidden()


def test_the_newest_word_takes_the_place_of_the_one_before(qtbot: QtBot) -> None:
    view = caption(qtbot)
    view.show_word("one")
    view.fading.setCurrentTime(STAYS_MS + FADES_MS // 2)
    assert 0 < view.strength < 1
    view.show_word("two")
    assert (view.summary, view.strength) == ("two", 1.0)
    view.clear()
    assert view.isHidden()


def test_a_faded_word_is_drawn_weaker_and_a_long_one_fits(qtbot: QtBot) -> None:
    view = caption(qtbot)
    view.show_word("seven")
    full = ink(view)
    view.fading.setCurrentTime(STAYS_MS + FADES_MS * 3 // 4)
    assert ink(view) < full
    view.show_word("a very long sentence " * 10)
    image = image_of(view)
    edge = image.pixelColor(1, 50)
    assert all(image.pixelColor(x, 50) == edge for x in (0, 2, 398, 399))
