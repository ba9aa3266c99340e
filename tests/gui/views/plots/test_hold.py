"""A plot that stands still stays as it is, and goes on without a gap."""

from __future__ import annotations

import time

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from backend.core.traffic import TrafficRates
from gui.views.plots.reading import Reading
from gui.views.plots.series import LATCH_NS
from gui.views.plots.throughput import ThroughputView
from gui.views.plots.timeline import ProbabilityTimeline
from gui.widgets.theme import LIGHT
from tests.gui.views.view_samples import classes, image_of, settle

MS = 1_000_000


@pytest.fixture
def timeline(qtbot: QtBot) -> ProbabilityTimeline:
    view = ProbabilityTimeline()
    qtbot.addWidget(view)
    view.resize(900, 240)
    view.show()
    settle()
    return view


def feed(view: ProbabilityTimeline, first_ns: int, many: int, score: float) -> None:
    """So many predictions, 100 ms apart."""
    for n in range(many):
        view.add(first_ns + n * 100 * MS, classes(cat=score))


def test_what_comes_while_frozen_is_there_without_a_gap(timeline: ProbabilityTimeline) -> None:
    start_ns = time.monotonic_ns() - 10_000 * MS
    feed(timeline, start_ns, 100, 0.6)
    timeline.freeze(frozen=True)
    still = image_of(timeline._plot)
    feed(timeline, start_ns + 10_000 * MS, 50, 0.9)
    timeline.tick(time.monotonic_ns() + 5_000 * MS)
    assert image_of(timeline._plot) == still
    line = timeline.line("cat")
    assert line is not None
    assert line.points.shape[1] == 100
    timeline.freeze(frozen=False)
    timeline.tick(time.monotonic_ns() + 5_000 * MS)
    x, joins = timeline._plot._lines[0].x, timeline._plot._lines[0].joins
    assert len(x) == 150
    assert np.diff(x) == pytest.approx(0.1)
    assert joins[:-1].all()
    assert image_of(timeline._plot) != still


def test_another_theme_moves_nothing_after_the_end_of_a_run(
    timeline: ProbabilityTimeline, qtbot: QtBot
) -> None:
    """No tick comes any more, and what is on show is of the time of the last one."""
    ended_ns = time.monotonic_ns() - 60_000 * MS
    feed(timeline, ended_ns - 5_000 * MS, 50, 0.6)
    timeline.tick(ended_ns)
    throughput = ThroughputView()
    qtbot.addWidget(throughput)
    throughput.resize(560, 240)
    throughput.show()
    for n in range(20):
        throughput.add(ended_ns - (20 - n) * 500 * MS, 30.0, 27.0, TrafficRates(9e6, 9e3, 9e6, 9e3))
    throughput.tick(ended_ns)
    plots = (timeline._plot, throughput._plots[0])
    before = [plot._lines[0] for plot in plots]
    for view in (timeline, throughput):
        view.set_palette_roles(LIGHT)
    for plot, old in zip(plots, before, strict=True):
        assert np.array_equal(plot._lines[0].x, old.x)
        assert plot._lines[0].color != old.color


def test_names_colours_and_winners_stay_while_frozen(timeline: ProbabilityTimeline) -> None:
    start_ns = time.monotonic_ns()
    for n in range(5):
        timeline.add(start_ns + n * 100 * MS, classes(a=0.9, b=0.5, c=0.4, d=0.3, e=0.2))
    timeline.freeze(frozen=True)
    before = [(one.name, one.color.name()) for one in timeline.sampled(start_ns / 1e9)]
    settle()
    still = image_of(timeline._plot), image_of(timeline._strip)
    for n in range(5):
        later_ns = start_ns + LATCH_NS + 10**9 + n * 100 * MS
        timeline.add(later_ns, classes(v=0.9, w=0.5, x=0.4, y=0.3, z=0.2))
    timeline.tick(time.monotonic_ns() + 10**9)
    assert set(timeline.labels) == {"v", "w", "x", "y", "z"}
    after = timeline.sampled(start_ns / 1e9)
    assert [(one.name, one.color.name()) for one in after] == before
    assert [one.value for one in after] == [0.9, 0.5, 0.4, 0.3, 0.2]
    assert [entry.name for entry in timeline._legend.entries] == ["a", "b", "c", "d", "e"]
    assert (image_of(timeline._plot), image_of(timeline._strip)) == still


def test_a_plot_that_ends_later_fills_up_and_then_stands_still(
    timeline: ProbabilityTimeline,
) -> None:
    now_ns = time.monotonic_ns() + 100_000 * MS  # not reached by the clock itself
    end_s = now_ns / 1e9 + 5
    feed(timeline, now_ns - 5_000 * MS, 50, 0.6)
    timeline.hold(end_s, now_ns / 1e9)
    plot = timeline._plot
    assert plot.moment_at(plot.plotted().right()) == pytest.approx(end_s)
    feed(timeline, now_ns, 20, 0.9)
    timeline.tick(now_ns + 2_000 * MS)
    assert len(plot._lines[0].x) == 70
    feed(timeline, now_ns + 2_000 * MS, 31, 0.9)
    timeline.tick(now_ns + 5_000 * MS)
    feed(timeline, now_ns + 5_100 * MS, 20, 0.2)
    timeline.tick(now_ns + 9_000 * MS)
    assert len(plot._lines[0].x) == 101
    timeline.hold(None)
    timeline.tick(now_ns + 9_000 * MS)
    assert len(plot._lines[0].x) == 121


def test_the_axis_of_a_held_plot_counts_from_its_moment(timeline: ProbabilityTimeline) -> None:
    now_s = time.monotonic()
    running = image_of(timeline._plot)
    timeline.hold(now_s + 15, now_s)
    assert image_of(timeline._plot) != running
    plot = timeline._plot
    assert plot.place_of(now_s) == pytest.approx(plot.plotted().center().x())
    timeline.clear()
    assert not timeline.frozen


def test_a_reading_is_drawn_in_its_unit_and_fits_its_level(timeline: ProbabilityTimeline) -> None:
    now_ns = time.monotonic_ns()
    feed(timeline, now_ns, 3, 0.95)
    reading = Reading("Latency", lambda value: f"{value:.0f} ms")
    timeline.show_reading(reading)
    for n, value in enumerate((4.0, float("nan"), 8.0)):
        reading.add(now_ns / 1e9 + n / 10, value)
    reading.level = 90.0
    timeline.tick(now_ns + 10**9)
    assert timeline._plot.right_axis == (0.0, 200.0)
    assert timeline._plot.share_at(timeline._plot.plotted().bottom()) == pytest.approx(0.0)
    values = {one.name: one.value for one in timeline.sampled(now_ns / 1e9)}
    assert values == pytest.approx({"cat": 0.95, "Latency": 4.0})
    assert timeline.sampled(now_ns / 1e9 + 0.15)[-1].value is None  # the gap
    assert timeline.lines()["Latency"][1].tolist() == [4.0, 8.0]
    timeline.show_reading(None)
    assert timeline.names == ("cat",)


def test_throughput_stands_still_and_goes_on(qtbot: QtBot) -> None:
    view = ThroughputView()
    qtbot.addWidget(view)
    view.resize(560, 240)
    view.show()
    settle()
    now_ns = time.monotonic_ns()
    rates = TrafficRates(1e6, 1e3, 1e6, 1e3)
    for n in range(20):
        view.add(now_ns - (20 - n) * 500 * MS, 30.0, 27.0, rates)
    view.hold(now_ns / 1e9)
    for n in range(10):
        view.add(now_ns + n * 500 * MS, 5.0, 4.0, rates)
    view.tick(now_ns + 5_000 * MS)
    assert len(view._plots[0]._lines[0].x) == 20
    assert view._legends[0].heading == "frozen, F resumes"
    assert [one.value for one in view.sampled(now_ns / 1e9 - 1)][:2] == [30.0, 27.0]
    view.hold(None)
    view.tick(now_ns + 6_000 * MS)
    x = view._plots[0]._lines[0].x
    assert len(x) == 30
    assert np.diff(x) == pytest.approx(0.5)
