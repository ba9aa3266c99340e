"""Which colour a class has: two that are on show never share one while there are enough."""

from __future__ import annotations

import pytest

from backend.core.predictions import Classification, ClassScore, Detection, Detections
from gui.views.class_hues import ClassHues
from gui.views.plots import ProbabilityTimeline, TopKView
from gui.views.preview import mark_color
from gui.views.preview.geometry import Area, Placement
from gui.views.preview.look import Look, OverlayStyle
from gui.views.preview.overlay import marks_of
from gui.widgets.theme import DARK, HUES, hue_of

_S = 1_000_000_000


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def test_the_first_class_seen_gets_the_first_colour_and_keeps_it() -> None:
    hues = ClassHues()
    assert [hues.number(name) for name in ("person", "cat", "person", "dog")] == [0, 1, 0, 2]
    hues.clear()
    assert hues.number("dog") == 0


def test_a_ninth_class_shares_a_colour_until_one_has_been_away_for_long() -> None:
    clock = Clock()
    hues = ClassHues(clock)
    names = [f"class {n}" for n in range(HUES)]
    assert [hues.number(name) for name in names] == list(range(HUES))
    assert hues.number("ninth") == 0
    assert hues.number("tenth") == 1
    clock.now_ns = 10 * _S
    for name in (*names[:5], *names[6:], "ninth", "tenth"):
        hues.number(name)
    assert hues.number("later") == 5
    assert hues.number(names[4]) == 4


def test_names_are_not_gathered_without_end() -> None:
    hues = ClassHues(Clock())
    for n in range(5000):
        assert 0 <= hues.number(f"text {n}") < HUES
    assert len(hues._numbers) <= 1024


@pytest.mark.usefixtures("qapp")
def test_boxes_bars_and_lines_of_a_class_have_one_colour() -> None:
    """COCO's person and cat, 0 and 15, have the same place in a list of eight."""
    assert hue_of(0) == hue_of(15)
    hues = ClassHues()
    found = Detections(
        (
            Detection((0, 0, 10, 10), "person", 0.9, 0),
            Detection((20, 0, 30, 10), "cat", 0.8, 15),
        )
    )
    bounds = Area(0, 0, 64, 48)
    look = Look(DARK, TopKView().font(), OverlayStyle(), bounds, hues=hues)
    boxes = {
        mark.item.label: mark.color for mark in marks_of((found,), Placement(64, 48, bounds), look)
    }
    assert boxes == {"person": mark_color(0), "cat": mark_color(1)}
    timeline, bars = ProbabilityTimeline(hues=hues), TopKView(hues=hues)
    timeline.add(_S, (found,))
    timeline.hold(1.0)
    lines = {one.name: one.color for one in timeline.sampled(1.0)}
    assert lines == boxes
    bars.show_predictions((found,))
    assert {row.label: DARK.series_color(hues.number(row.label)) for row in bars.rows} == boxes


@pytest.mark.usefixtures("qapp")
def test_the_strip_below_the_lines_has_their_colours() -> None:
    hues = ClassHues()
    hues.number("tram")
    timeline = ProbabilityTimeline(hues=hues)
    timeline.add(_S, (Classification((ClassScore("bus", 0.8, 7), ClassScore("tram", 0.2, 3))),))
    timeline.hold(1.0)
    (stretch,) = timeline._stretches.between(0.0, 2.0)
    colors = {one.name: one.color for one in timeline.sampled(1.0)}
    assert timeline._strip_color(stretch) == colors["bus"] == DARK.series_color(1)
