"""Cursors and trigger in the window: placed, dragged, moved, fired; free while there are none."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import gui.live.scope.controller
from backend.core import timing
from backend.core.predictions import Classification, ClassScore
from backend.core.samples import AudioBlock
from gui.live.scope import ScopeController
from gui.live.scope.quantity import LATENCY, LEVEL, line_quantity
from gui.state.trigger import Edge, TriggerMode, TriggerState
from tests.gui.shell_stage import Stage
from tests.gui.views.plots.test_views import drag
from tests.gui.views.view_samples import settle

# The offscreen platform says so about windows with a smallest size, and popups.

MS = 1_000_000
_NONE, _CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_LEFT = Qt.MouseButton.LeftButton


def answer(stage: Stage, at_ns: int, score: float, latency_ms: float = 5.0) -> None:
    """One answer about a sample captured then, through the page as the pump does it."""
    session, page = stage.session, stage.live.page
    result = session.answer(0)
    decoded_ns = at_ns + int(latency_ms * MS)
    marks = {timing.Stage.CAPTURED: at_ns, timing.Stage.DECODED: decoded_ns}
    result = replace(
        result,
        sample=replace(result.sample, captured_ns=at_ns),
        timeline=timing.Timeline(marks),
        predictions=(Classification((ClassScore("cat", score, 0),)),),
    )
    page.plot([result], [], time.monotonic_ns())


@pytest.fixture
def scope(stage: Stage) -> ScopeController:
    """The plots of a run that has answered for ten seconds."""
    stage.server_control.start()
    stage.live.start.toggle()
    stage.live.pump.detach()  # the answers come from the tests alone
    stage.live.page.open_dock("timeline")
    start_ns = time.monotonic_ns() - 10_000 * MS
    for n in range(100):
        answer(stage, start_ns + n * 100 * MS, 0.2 + n / 200)
    settle()
    return stage.live.scope


def click(view: QWidget, at: QPointF, modifier: Qt.KeyboardModifier = _NONE) -> None:
    """Press and let go there, on what is in front."""
    place = at.toPoint()
    front = view.childAt(place) or view
    QTest.mouseClick(front, _LEFT, modifier, front.mapFrom(view, place))


def test_nothing_is_shown_and_computed_before_there_is_something(
    stage: Stage, scope: ScopeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[None] = []
    monkeypatch.setattr(scope, "refresh", lambda: calls.append(None))
    answer(stage, time.monotonic_ns(), 0.9)
    assert not calls
    for pane in scope.panes:
        assert all(marks.isHidden() for marks in pane.marks)
        assert pane.readout is None or pane.readout.isHidden()


def test_clicks_place_cursors_and_the_readout_tells_values_and_difference(
    stage: Stage, scope: ScopeController
) -> None:
    timeline = stage.live.page.timeline
    plot = timeline.plots[0]
    scope.toggle_freeze()
    for ago_s in (8.0, 4.0):
        click(plot, QPointF(plot.place_of(plot.end_s - ago_s), 40.0), _CONTROL)
    (_, a), (_, b) = scope.cursors.placed
    assert b - a == pytest.approx(4.0, abs=0.1)
    assert a == pytest.approx(plot.end_s - 8.0, abs=0.1)
    first, second, apart, cat = timeline.readout.summary.split("   ")
    assert (first[:2], second[:2]) == ("A ", "B ")
    assert apart.startswith(("Δ +4.0", "Δ +3.9"))
    at_a, at_b = (timeline.sampled(at_s)[0].value for at_s in (a, b))
    assert at_a is not None
    assert at_b is not None
    assert cat == f"cat {at_a:.2f} → {at_b:.2f}  Δ +{at_b - at_a:.2f}"
    assert timeline.readout.geometry().top() > timeline._strip.geometry().bottom()
    for marks in stage.live.page.throughput.marks:
        assert [mark.name for mark in marks.marks.cursors] == ["A", "B"]


def test_a_cursor_is_dragged_and_moved_by_keys_and_removed(
    stage: Stage, scope: ScopeController
) -> None:
    timeline = stage.live.page.timeline
    plot, marks = timeline.plots[0], timeline.marks
    timeline.setFocus()
    scope.toggle_freeze()
    scope.cursors.place("A", plot.end_s - 20.0)
    scope.cursors.place("B", plot.end_s - 10.0)
    scope.refresh()
    before = plot.shown_s
    press = QPointF(plot.place_of(plot.end_s - 20.0) + 2, 60.0)
    QTest.mousePress(marks, _LEFT, _NONE, press.toPoint())
    drag(marks, QPointF(plot.place_of(plot.end_s - 15.0), 60.0))
    QTest.mouseRelease(marks, _LEFT, _NONE, QPoint(0, 0))
    at_s = scope.cursors.at_s("A")
    assert at_s == pytest.approx(plot.end_s - 15.0, abs=0.1)
    assert (scope.cursors.chosen, plot.shown_s) == ("A", before)
    step_s = 30.0 / plot.plotted().width()
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    QTest.keyClick(timeline, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert at_s is not None
    assert scope.cursors.at_s("A") == pytest.approx(at_s - 9 * step_s, abs=step_s / 10)
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    assert not scope.cursors
    assert not marks.marks.cursors
    assert timeline.readout.isHidden()


def test_what_is_beside_a_cursor_still_belongs_to_the_plot(
    stage: Stage, scope: ScopeController
) -> None:
    timeline = stage.live.page.timeline
    plot, marks = timeline.plots[0], timeline.marks
    plot.show_range((-10.0, -5.0), (0.0, 1.0))
    scope.cursors.place("A", plot.end_s - 6.0)
    scope.refresh()
    away = QPointF(plot.place_of(plot.end_s - 9.0), 60.0)
    QTest.mousePress(marks, _LEFT, _NONE, away.toPoint())
    drag(plot, away + QPointF(50.0, 0.0))
    assert plot.shown_s[0] < -10.0


def test_letters_place_cursors_where_they_can_be_seen(stage: Stage, scope: ScopeController) -> None:
    timeline = stage.live.page.timeline
    scope.toggle_freeze()
    for key in (Qt.Key.Key_A, Qt.Key.Key_B):
        QTest.keyClick(timeline, key)
    places = [timeline.plots[0].place_of(at_s) for _, at_s in scope.cursors.placed]
    area = timeline.plots[0].plotted()
    shares = [(x - area.left()) / area.width() for x in places]
    assert shares == pytest.approx([1 / 3, 2 / 3], abs=0.05)


def test_one_freeze_stops_every_plot_and_one_release_lets_all_go_on(
    stage: Stage, scope: ScopeController
) -> None:
    page = stage.live.page
    views = (page.throughput, page.sound.waveform, page.sound.spectrogram)
    QTest.keyClick(page.timeline, Qt.Key.Key_F)
    [end_s] = {view.held_s for view in views}
    assert end_s == page.timeline.plots[0].end_s
    QTest.keyClick(page.throughput, Qt.Key.Key_F)
    assert {view.held_s for view in views} == {None}
    assert not page.timeline.frozen
    assert not scope.frozen


def test_every_frozen_plot_shows_that_it_is(scope: ScopeController) -> None:
    marks = [each for pane in scope.panes for each in pane.marks]
    assert all(pane.marks for pane in scope.panes)
    scope.page.timeline.freeze(frozen=True)
    assert all(each.marks.frozen and not each.isHidden() for each in marks)
    before = scope.page.timeline.marks.grab().toImage()
    QTest.mouseMove(scope.page.timeline.plots[0], QPoint(90, 30))  # the legend follows the pointer
    assert scope.page.timeline.marks.grab().toImage() == before
    scope.toggle_freeze()
    assert all(each.isHidden() for each in marks)


def test_after_a_run_the_plots_freeze_at_its_end_and_cursors_stay(
    stage: Stage, scope: ScopeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = stage.live.page.timeline.plots[0]
    began_s = time.monotonic()
    answer(stage, time.monotonic_ns(), 0.5)
    ended_s = time.monotonic()
    later = SimpleNamespace(monotonic=lambda: ended_s + 600.0, monotonic_ns=time.monotonic_ns)
    monkeypatch.setattr(gui.live.scope.controller, "time", later)
    click(plot, plot.plotted().center(), _CONTROL)
    assert [name for name, _ in scope.cursors.placed] == ["A"]
    scope.toggle_freeze()
    assert began_s <= plot.end_s <= ended_s


def test_a_plot_that_nothing_fills_any_more_is_full_in_time(
    stage: Stage, scope: ScopeController, qtbot: QtBot
) -> None:
    stage.live.page.timeline.plots[0].show_range((-1.0, 0.0), (0.0, 1.0))
    armed(scope, TriggerMode.SINGLE, line_quantity("cat"), 0.9)
    now_ns = time.monotonic_ns()
    answer(stage, now_ns, 0.5)
    answer(stage, now_ns + MS, 0.95)
    states = [scope.trigger.state]
    scope.changed.connect(lambda: states.append(scope.trigger.state))
    qtbot.waitUntil(lambda: states[-1] is TriggerState.HELD, timeout=60_000)


def armed(scope: ScopeController, mode: TriggerMode, quantity: str, level: float) -> None:
    scope.set_mode(mode)
    scope.set_quantity(quantity)
    scope.set_edge(Edge.RISING)
    scope.set_level(level)


def test_a_single_shot_puts_the_moment_into_the_middle_and_stays(
    stage: Stage, scope: ScopeController
) -> None:
    timeline = stage.live.page.timeline
    plot = timeline.plots[0]
    plot.show_range((-2.0, 0.0), (0.0, 1.0))
    armed(scope, TriggerMode.SINGLE, line_quantity("cat"), 0.9)
    assert timeline.readout.summary == "T  cat ↑ 0.90  armed"
    at_ns = time.monotonic_ns() - 3_000 * MS
    answer(stage, at_ns, 0.5)
    answer(stage, at_ns + 100 * MS, 0.95)
    moment_s = at_ns / 1e9 + 0.1
    assert plot.place_of(moment_s) == pytest.approx(plot.plotted().center().x())
    assert timeline.marks.marks.fired_s == pytest.approx(moment_s)
    assert scope.trigger.state is TriggerState.HELD  # the second after it has long passed
    assert "triggered" in timeline.readout.summary
    answer(stage, at_ns + 2_000 * MS, 0.1)
    answer(stage, at_ns + 2_100 * MS, 0.99)
    assert scope.trigger.fired_s == pytest.approx(moment_s)
    scope.arm()
    assert not timeline.frozen
    assert len(timeline._plot._lines[0].x) == 104


def test_a_normal_trigger_shows_one_crossing_after_the_other(
    stage: Stage, scope: ScopeController
) -> None:
    armed(scope, TriggerMode.NORMAL, LATENCY, 40.0)
    start_ns = time.monotonic_ns() - 100_000 * MS
    shown = []
    for n in range(2):
        at_ns = start_ns + n * 30_000 * MS
        answer(stage, at_ns, 0.5, latency_ms=5.0)
        answer(stage, at_ns + 100 * MS, 0.5, latency_ms=80.0)
        shown.append(scope.trigger.fired_s)
        assert scope.trigger.state is TriggerState.ARMED
    assert shown == pytest.approx([start_ns / 1e9 + 0.1, start_ns / 1e9 + 30.1])
    timeline = stage.live.page.timeline
    assert "armed again" in timeline.readout.summary
    assert list(timeline.names) == ["cat", "Latency"]
    scope.set_mode(TriggerMode.OFF)
    assert list(timeline.names) == ["cat"]
    assert timeline.readout.isHidden()


def test_a_loud_block_fires_a_trigger_on_the_level_of_sound(
    stage: Stage, scope: ScopeController
) -> None:
    armed(scope, TriggerMode.SINGLE, LEVEL, -12.0)
    now_ns = time.monotonic_ns()
    for n, amplitude in enumerate((0.01, 0.02, 0.5)):
        samples = np.full(320, amplitude, np.float32)
        stage.live.page.plot([], [AudioBlock(n, now_ns + n * 20 * MS, samples, 16_000)], now_ns)
    assert scope.trigger.fired_s == pytest.approx((now_ns + 40 * MS) / 1e9)
    assert stage.live.page.sound.waveform.held_s == pytest.approx(now_ns / 1e9 + 0.04 + 5.0)


def test_a_class_that_is_not_named_has_a_score_of_zero(
    stage: Stage, scope: ScopeController
) -> None:
    armed(scope, TriggerMode.SINGLE, line_quantity("dog"), 0.5)
    now_ns = time.monotonic_ns()
    answer(stage, now_ns, 0.9)
    result = stage.session.answer(1)
    dog = replace(result, predictions=(Classification((ClassScore("dog", 0.9, 1),)),))
    stage.live.page.plot([dog], [], now_ns)
    assert scope.trigger.fired_s is not None


def test_the_level_is_dragged_on_the_plot_and_shown_in_the_popover(
    stage: Stage, scope: ScopeController
) -> None:
    timeline, popover = stage.live.page.timeline, stage.live.trigger
    armed(scope, TriggerMode.NORMAL, line_quantity("cat"), 0.5)
    QTest.keyClick(timeline, Qt.Key.Key_T)
    assert popover.is_open
    assert (popover.mode.value, popover.level.value()) == (TriggerMode.NORMAL, 0.5)
    plot, marks = timeline.plots[0], timeline.marks
    handle = QPointF(plot.plotted().right() - 4, plot.height_of(0.5))
    QTest.mousePress(marks, _LEFT, _NONE, handle.toPoint())
    drag(marks, QPointF(handle.x(), plot.height_of(0.8)))
    assert scope.condition.level == pytest.approx(0.8, abs=0.02)
    assert popover.level.value() == pytest.approx(0.8, abs=0.02)
    drag(marks, QPointF(handle.x(), -500.0))
    assert scope.condition.level == pytest.approx(0.97)  # never where it cannot be crossed
    popover.level.setValue(0.6)
    assert scope.condition.level == pytest.approx(0.6)
    popover.mode.button(TriggerMode.OFF).click()
    assert marks.isHidden()
    popover.close_popover()


def test_what_the_popover_shows_is_what_its_mode_arms(
    stage: Stage, scope: ScopeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another class comes to the top in between."""
    popover = stage.live.trigger
    QTest.keyClick(stage.live.page.timeline, Qt.Key.Key_T)
    shown = popover.quantity.currentData()
    assert shown == line_quantity("cat")
    timeline = type(stage.live.page.timeline)
    monkeypatch.setattr(timeline, "names", property(lambda _timeline: ("dog", "cat")))
    popover.mode.button(TriggerMode.SINGLE).click()
    assert scope.condition.quantity == popover.quantity.currentData() == shown
    popover.close_popover()


def test_another_model_forgets_what_was_marked(stage: Stage, scope: ScopeController) -> None:
    scope.place("A")
    scope.toggle_freeze()
    stage.live.page.forget_results()
    assert not scope.cursors
    assert not scope.frozen
