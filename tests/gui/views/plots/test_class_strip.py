"""Which class won when: the stretches and how they are drawn."""

from __future__ import annotations

import time

from pytestqt.qtbot import QtBot

from backend.core.predictions import ClassScore, Detection, Detections
from gui.views.plots.class_strip import ClassStrip
from gui.views.plots.stretches import Stretch, Stretches, winner
from gui.views.plots.timeline import ProbabilityTimeline
from gui.widgets.theme import DARK
from tests.gui.views.view_samples import classes, color_at, image_of, settle


def stretches(*moments: tuple[float, str]) -> list[Stretch]:
    found = Stretches()
    for at_s, label in moments:
        found.add(at_s, ClassScore(label, 0.9, ord(label)))
    return list(found.between(-1e9, 1e9))


def spans(found: list[Stretch]) -> list[tuple[str, float, float]]:
    return [(one.label, one.start_s, one.end_s) for one in found]


def test_the_same_winner_goes_on_and_another_begins_where_it_ends() -> None:
    found = stretches((1.0, "a"), (1.1, "a"), (1.2, "b"), (1.3, "b"), (1.4, "a"))
    assert spans(found) == [("a", 1.0, 1.2), ("b", 1.2, 1.4), ("a", 1.4, 1.4)]


def test_a_pause_leaves_a_gap() -> None:
    found = stretches((1.0, "a"), (1.1, "a"), (3.0, "a"))
    assert spans(found) == [("a", 1.0, 1.1), ("a", 3.0, 3.0)]


def test_slow_answers_are_joined_once_their_pace_is_known() -> None:
    found = stretches(*((float(2 * at), "a") for at in range(20)))
    assert spans(found)[-1][1] < 10
    assert spans(found)[-1][2] == 38


def test_a_moment_that_has_passed_is_left_out() -> None:
    assert spans(stretches((1.0, "a"), (1.1, "a"), (1.05, "b"))) == [("a", 1.0, 1.1)]


def test_only_what_reaches_into_the_time_is_found_and_memory_is_bounded() -> None:
    found = Stretches()
    for at in range(5000):
        found.add(float(at), ClassScore("ab"[at % 2], 0.9, at % 2))
    assert len(found._past) == 2048
    assert [one.start_s for one in found.between(4000.5, 4002.5)] == [4000, 4001, 4002]
    found.clear()
    assert not found


def test_only_classifications_have_winners() -> None:
    assert winner(classes(a=0.9, b=0.1)) == ClassScore("a", 0.9, 0)
    assert winner((Detections((Detection((0, 0, 1, 1), "a", 0.9),)),)) is None
    assert winner(()) is None


def test_the_strip_paints_each_stretch_in_its_place(qtbot: QtBot) -> None:
    strip = ClassStrip(40, 10)
    qtbot.addWidget(strip)
    strip.resize(450, strip.height())
    strip.show()
    settle()
    shown = (Stretch("speech", 0, 10.0, 20.0), Stretch("music", 1, 20.0, 25.0))
    strip.show_stretches(shown, 0.0, 40.0, lambda one: DARK.series_color(one.index))
    image = image_of(strip)
    expected = {45: None, 143: 0, 236: 0, 244: 1, 288: 1, 300: None}
    for x, index in expected.items():
        color = DARK.color("surface_raised") if index is None else DARK.series_color(index)
        assert color_at(image, x, 4) == (color.red(), color.green(), color.blue())
    assert strip.summary == "speech, music"


def test_the_timeline_has_a_strip_for_classes_only(qtbot: QtBot) -> None:
    view = ProbabilityTimeline()
    qtbot.addWidget(view)
    view.resize(900, 220)
    view.show()
    settle()
    now_ns = time.monotonic_ns()
    view.add(now_ns, (Detections((Detection((0, 0, 1, 1), "a", 0.9),)),))
    view.tick(now_ns + 10**9)
    assert view._strip.isHidden()
    for tenth in range(10):
        view.add(now_ns + tenth * 10**8, classes(on=0.9, off=0.1))
    view.tick(now_ns + 2 * 10**9)
    assert view._strip.isVisible()
    settle()
    image = image_of(view._strip)
    area = view._strip.area()
    [line] = [one.color for one in view.sampled(now_ns / 1e9) if one.name == "on"]
    at = area.right() - 1.5 * area.width() / 30
    assert color_at(image, at, 4) == (line.red(), line.green(), line.blue())
    view.clear()
    assert view._strip.isHidden()
