"""Bars, timeline, latency and throughput: numbers and rules, then that they are painted."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPixmap, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from backend.core.predictions import (
    Classification,
    ClassScore,
    Detection,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.rings import TraceRing
from backend.core.tensors import Datatype, Tensor
from backend.core.timing import SPANS, Stage, Timeline
from backend.core.traffic import TrafficRates
from gui.live.picture.paint_record import PaintRecord
from gui.views.plots.bars import TopKView
from gui.views.plots.latency import LatencyView
from gui.views.plots.latency_ground import places_in
from gui.views.plots.legend import Entry, Legend
from gui.views.plots.rows import BarRow, RowOrder
from gui.views.plots.series import (
    LATCH_NS,
    YIELD_NS,
    Latch,
    SeriesRing,
    joined,
    measured,
    polyline,
    scored,
    value_at,
)
from gui.views.plots.stage_report import EDGES_MS, any_answered, histogram, report_on
from gui.views.plots.throughput import ThroughputView
from gui.views.plots.timeline import ProbabilityTimeline
from gui.views.preview.first_paint import FirstPaint
from gui.views.scales import SteadyTop, byte_rate, milliseconds, round_up, short, ticks
from gui.views.stages import stage_color
from gui.widgets.theme import DARK, LIGHT
from tests.gui.views.view_samples import RED, classes, color_at, image_of, settle

MS = 1_000_000
COLUMNS = ("at_s", *SPANS, "latency", "bytes_out", "bytes_in", "lane")


def turn_wheel(view: QWidget, at: QPointF, delta: int) -> None:
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at,
        view.mapToGlobal(at),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - it takes no keyword
    )
    QApplication.sendEvent(view, event)


def drag(view: QWidget, to: QPointF) -> None:
    left = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        to,
        view.mapToGlobal(to),
        Qt.MouseButton.NoButton,
        left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view, event)


def ring_of(*points: tuple[float, float, int]) -> SeriesRing:
    ring = SeriesRing(16)
    for point in points:
        ring.append(*point)
    return ring


# Rows and bars


def test_rows_keep_their_order_for_250_ms_and_are_in_order_all_the_time() -> None:
    order = RowOrder(2)
    cat, dog = BarRow("cat", 0.6, "0.60"), BarRow("dog", 0.5, "0.50")
    order.update([cat, dog], 0)
    swapped = [BarRow("dog", 0.7, "0.70"), BarRow("cat", 0.6, "0.60")]
    assert [row.value for row in order.update(swapped, 249 * MS)] == ["0.60", "0.50"]
    assert [row.value for row in order.update([cat, BarRow("dog", 0.1, "0.10")], 249 * MS)][
        1
    ] == "0.10"
    assert [row.label for row in order.update(swapped, 250 * MS)] == ["dog", "cat"]


def test_the_last_rows_are_put_in_order_although_none_come_after_them() -> None:
    order = RowOrder(2)
    order.update([BarRow("cat", 0.6, "0.60"), BarRow("dog", 0.5, "0.50")], 0)
    order.update([BarRow("dog", 0.7, "0.70"), BarRow("cat", 0.6, "0.60")], 10 * MS)
    assert [row.label for row in order.settle(260 * MS)] == ["dog", "cat"]


def test_a_label_that_is_gone_stays_until_the_next_sorting() -> None:
    order = RowOrder(2)
    cat, dog = BarRow("cat", 0.6, "0.60"), BarRow("dog", 0.5, "0.50")
    order.update([cat], 0)
    assert order.update([dog], MS) == (cat,)
    assert order.update([dog], 250 * MS) == (dog,)


def test_only_k_rows_are_kept() -> None:
    order = RowOrder(5)
    rows = [BarRow(str(n), 0.1, "") for n in range(9)]
    assert len(order.update(rows, 0)) == 5


def test_scores_are_sorted_and_nameless_classes_get_a_name() -> None:
    found = scored((Classification((ClassScore("", 0.2, 17), ClassScore("cat", 0.8, 3))),))
    assert [(item.label, item.score) for item in found] == [
        ("cat", 0.8),
        ("class 17", 0.2),
    ]


def test_scalars_with_a_unit_are_measured_not_scored() -> None:
    scalars = (Scalars((Scalar("frequency", 440.0, "Hz", 50, 2000), Scalar("confidence", 0.9))),)
    assert [item.name for item in measured(scalars)] == ["frequency"]
    assert [item.label for item in scored(scalars)] == ["confidence"]


def test_bars_say_what_they_show(qtbot: QtBot) -> None:
    view = TopKView()
    qtbot.addWidget(view)
    view.show()
    empty = image_of(view)
    pitch = (Scalars((Scalar("frequency", 440.0, "Hz", 50, 2000),)), Text("A4"))
    view.show_predictions(pitch, now_ns=0)
    assert view.summary == "A4, frequency 440 Hz"
    assert image_of(view) != empty
    view.clear()
    output = Tensor("OUTPUT0", Datatype.UINT8, np.zeros(4, np.uint8))
    view.show_predictions((Tensors((output,)),), now_ns=0)
    assert view.summary == "OUTPUT0  UINT8 [4]"
    view.show_predictions((Detections((Detection((0, 0, 1, 1), "QR", 1.0, text="hi"),)),), 10**9)
    assert view.summary == "hi, QR 1.00"


def test_lines_of_text_are_told_as_they_are_read(qtbot: QtBot) -> None:
    """From top to bottom and from left to right, though the surest comes first."""
    places = {"gap": (90, 52, 130, 72), "Mind the": (0, 50, 80, 70), "Platform 9": (10, 0, 90, 20)}
    items = tuple(Detection(box, "text", 0.9, text=text) for text, box in places.items())
    view = TopKView()
    qtbot.addWidget(view)
    view.show_predictions((Detections(items),), now_ns=0)
    assert view.summary.startswith("Platform 9  Mind the  gap")


def test_bars_follow_twelve_times_a_second_and_end_with_the_newest(qtbot: QtBot) -> None:
    view = TopKView()
    qtbot.addWidget(view)
    now_ns = time.monotonic_ns() + 10**12  # so far ahead that no timer of the view interferes
    shown = set()
    for n in range(100):
        view.show_predictions(classes(cat=n / 100), now_ns + n * 10 * MS)
        shown.add(view.rows[0].value)
    assert 10 <= len(shown) <= 14
    view.clear()
    view.show_predictions(classes(cat=0.25))
    view.show_predictions(classes(cat=0.75))
    assert view.rows[0].value == "0.25"
    qtbot.waitUntil(lambda: view.rows[0].value == "0.75", timeout=20_000)


def test_the_threshold_line_can_be_dragged(qtbot: QtBot) -> None:
    view = TopKView()
    qtbot.addWidget(view)
    view.resize(320, 160)
    view.show()
    view.show_predictions(classes(cat=0.9), now_ns=0)
    view.set_threshold(0.5)
    bar = view._bar_area(0)
    heard: list[float] = []
    view.threshold_changed.connect(heard.append)
    start = bar.center().toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    end = bar.left() + 0.75 * bar.width()
    start.setX(round(end))
    QTest.mouseMove(view, start)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    if heard:  # the offscreen platform may swallow synthetic moves
        assert heard[-1] == pytest.approx(0.75, abs=0.02)
    view.set_threshold(2.0)
    assert view.threshold == 1.0


# Time series


def test_a_latched_label_keeps_its_place_for_ten_seconds() -> None:
    latch = Latch(2)
    latch.update(["cat", "dog"], 0)
    assert latch.update(["cat", "bird"], LATCH_NS - 1) == []
    assert latch.labels == ("cat", "dog")
    assert latch.update(["cat", "bird"], LATCH_NS) == [1]
    assert latch.labels == ("cat", "bird")


def test_the_best_label_waits_for_a_place_no_longer_than_a_second() -> None:
    latch = Latch(2)
    latch.update(["cat", "dog"], 0)
    latch.update(["dog"], YIELD_NS // 2)
    assert latch.update(["bird"], YIELD_NS - 1) == []
    assert latch.update(["bird"], YIELD_NS) == [0]
    assert latch.labels == ("bird", "dog")


def test_a_pause_breaks_the_line() -> None:
    ring = ring_of((0.0, 0.1, 1), (0.1, 0.2, 2), (2.0, 0.3, 3), (2.1, 0.4, 4))
    assert joined(ring.since(-1)).tolist() == [1, 0, 1, 0]


def test_a_prediction_without_the_label_breaks_the_line() -> None:
    ring = ring_of((0.0, 0.1, 1), (0.1, 0.2, 2), (0.3, 0.3, 4), (0.4, 0.4, 5))
    assert joined(ring.since(-1)).tolist() == [1, 0, 1, 0]


def test_slow_but_steady_predictions_are_joined() -> None:
    ring = ring_of((0.0, 0.1, 1), (1.0, 0.2, 2), (2.0, 0.3, 3))
    assert joined(ring.since(-1)).tolist() == [1, 1, 0]


def test_a_point_without_neighbours_becomes_a_dash() -> None:
    x, y, joins = polyline(ring_of((0.0, 0.1, 1), (0.1, 0.2, 2), (5.0, 0.3, 9)).since(-1))
    assert x.tolist() == [0.0, 0.1, 5.0, 5.1]
    assert y.tolist() == [0.1, 0.2, 0.3, 0.3]
    assert joins.tolist() == [1, 0, 1, 0]


def test_a_ring_keeps_the_newest_points_in_order() -> None:
    ring = SeriesRing(4)
    for n in range(10):
        ring.append(float(n), n / 10, n)
    assert ring.since(-1)[0].tolist() == [6.0, 7.0, 8.0, 9.0]
    assert ring.since(8)[0].tolist() == [8.0, 9.0]


def test_the_value_under_the_cursor_is_the_one_before_it_and_none_in_a_gap() -> None:
    points = ring_of((-0.1, 0, 0), (0.0, 0.1, 1), (0.1, 0.2, 2), (2.0, 0.3, 3)).since(-1)
    assert value_at(points, 0.05) == 0.1
    assert value_at(points, 1.0) is None
    assert value_at(points, 2.2) == 0.3
    assert value_at(points, -1.0) is None
    assert value_at(points, 9.0) is None


@pytest.fixture
def timeline(qtbot: QtBot) -> ProbabilityTimeline:
    view = ProbabilityTimeline()
    qtbot.addWidget(view)
    view.resize(640, 200)
    view.show()
    settle()
    return view


def test_a_timeline_shows_its_axes_and_waits(timeline: ProbabilityTimeline) -> None:
    timeline.tick(time.monotonic_ns())
    assert timeline._plot.notice == "Waiting for the first prediction"
    timeline.add(time.monotonic_ns(), classes(cat=0.9))
    timeline.tick(time.monotonic_ns())
    assert timeline._plot.notice == ""
    assert timeline.summary == "cat 0.90"


def test_a_timeline_paints_lines_and_tells_the_newest_values(timeline: ProbabilityTimeline) -> None:
    now_ns = time.monotonic_ns()
    empty = image_of(timeline)
    for n in range(100):
        timeline.add(now_ns - (100 - n) * 33 * MS, classes(cat=0.5 + n / 250, dog=0.2))
    timeline.tick(now_ns)
    assert image_of(timeline) != empty
    assert [entry.name for entry in timeline._legend.entries] == ["cat", "dog"]
    assert timeline.summary == "cat 0.90, dog 0.20"


def test_the_five_best_labels_are_drawn_in_different_colours(timeline: ProbabilityTimeline) -> None:
    same_index = tuple(ClassScore(f"label {n}", 0.9 - n / 10, 3) for n in range(8))
    timeline.add(time.monotonic_ns(), (Classification(same_index),))
    assert timeline.labels == tuple(f"label {n}" for n in range(5))
    timeline.tick(time.monotonic_ns())
    colors = {entry.color.name() for entry in timeline._legend.entries}
    assert len(colors) == 5
    assert timeline._legend.entries[0].color == DARK.series_color(0)


def test_a_number_with_a_unit_gets_an_axis_of_its_own(timeline: ProbabilityTimeline) -> None:
    scalars = (Scalars((Scalar("frequency", 440.0, "Hz", 40, 1040), Scalar("confidence", 0.9))),)
    timeline.add(time.monotonic_ns(), scalars)
    timeline.tick(time.monotonic_ns())
    assert timeline.summary == "confidence 0.90, frequency 440 Hz"
    assert timeline._plot.right_axis == (40, 1040)


def test_a_number_outside_its_range_is_a_gap(timeline: ProbabilityTimeline) -> None:
    now_ns = time.monotonic_ns()
    for n, hertz in enumerate((440.0, 0.0)):
        timeline.add(now_ns + n * 1000 * MS, (Scalars((Scalar("pitch", hertz, "Hz", 40, 1040),)),))
    assert timeline.summary == "pitch –"


def test_f_freezes_and_r_shows_the_whole_window(timeline: ProbabilityTimeline) -> None:
    now_ns = time.monotonic_ns()
    timeline.add(now_ns, classes(cat=0.5))
    QTest.keyClick(timeline, Qt.Key.Key_F)
    assert timeline.frozen
    timeline.add(now_ns + MS, classes(cat=0.9))
    timeline.tick(time.monotonic_ns() + 10**9)
    assert timeline._legend.entries[0].value == "0.50"
    QTest.keyClick(timeline, Qt.Key.Key_F)
    assert timeline.summary == "cat 0.90"
    plot = timeline._plot
    plot.show_range((-5, -1), (0, 1))
    zoomed = plot.shown_s
    QTest.keyClick(timeline, Qt.Key.Key_R)
    assert (zoomed, plot.shown_s) == ((-5, -1), (-30.0, 0.0))


def test_views_claim_their_letters_before_shortcuts_do(timeline: ProbabilityTimeline) -> None:
    for key, claimed in ((Qt.Key.Key_F, True), (Qt.Key.Key_X, False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        QApplication.sendEvent(timeline, event)
        assert event.isAccepted() is claimed


def test_scrolling_does_not_touch_the_tick_texts(timeline: ProbabilityTimeline) -> None:
    now_ns = time.monotonic_ns()
    timeline.add(now_ns, classes(cat=0.5))
    timeline.tick(now_ns + 10**8)
    settle()  # the strip of classes takes its room once
    image_of(timeline)
    axes = timeline._plot._ground.cacheKey()
    timeline.tick(now_ns + 10**9)
    image_of(timeline)
    assert axes != QPixmap().cacheKey()
    assert timeline._plot._ground.cacheKey() == axes
    timeline._plot.set_top(2.0)
    image_of(timeline)
    assert timeline._plot._ground.cacheKey() != axes


def test_a_timeline_is_drawn_twelve_times_a_second_at_most(
    timeline: ProbabilityTimeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline.resize(2000, 200)
    settle()
    drawn: list[int] = []
    monkeypatch.setattr(timeline, "_show_strip", drawn.append)
    start_ns = time.monotonic_ns() + 10**9
    timeline.add(start_ns, classes(cat=0.5))
    for n in range(100):
        timeline.tick(start_ns + n * 10 * MS)
    assert 10 <= len(drawn) <= 13


def test_the_wheel_zooms_around_the_pointer_and_dragging_moves_along(
    timeline: ProbabilityTimeline,
) -> None:
    plot = timeline._plot
    area = plot.plotted()
    turn_wheel(plot, area.center(), 5 * 120)
    left, right = plot.shown_s
    assert right - left == pytest.approx(30 / 1.15**5)
    assert (left + right) / 2 == pytest.approx(-15, abs=0.2)
    press, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(plot, press, none, area.center().toPoint())
    drag(plot, area.center() + QPointF(area.width() / 4, 0))
    assert plot.shown_s[0] == pytest.approx(left - (right - left) / 4, abs=0.1)
    drag(plot, area.center() + QPointF(-10 * area.width(), 0))
    assert plot.shown_s[1] == pytest.approx(0.0)  # never into the future
    turn_wheel(plot, area.center(), 100 * 120)
    assert plot.shown_s[1] - plot.shown_s[0] == pytest.approx(1.0)
    turn_wheel(plot, area.center(), -100 * 120)
    assert plot.shown_s == (-30.0, 0.0)


def test_a_gap_in_a_line_is_left_open(timeline: ProbabilityTimeline) -> None:
    plot = timeline._plot
    x, y = np.array([-20.0, -15.0, -10.0, -5.0]), np.full(4, 0.5)
    plot.set_line(0, x, y, np.array([1, 0, 1, 0], np.uint8), QColor("#ff0000"))
    image = image_of(plot)
    area = plot.plotted()
    row = round(area.bottom() - area.height() / 2)

    def red(at_s: float) -> bool:
        column = area.left() + (at_s + 30) / 30 * area.width()
        return any(color_at(image, column, row + n) == RED for n in (-1, 0, 1))

    assert [red(at_s) for at_s in (-22, -18, -12, -8, -3)] == [False, True, False, True, False]


def test_a_hidden_timeline_keeps_collecting_without_drawing(timeline: ProbabilityTimeline) -> None:
    timeline.hide()
    drawn = timeline._drawn_ns
    timeline.add(time.monotonic_ns(), classes(cat=0.5))
    timeline.tick(time.monotonic_ns() + 10**10)
    assert timeline._drawn_ns in (0, drawn)
    assert timeline.labels[0] == "cat"


# Latency


def trace(rows: list[dict[str, float]]) -> TraceRing:
    ring = TraceRing(COLUMNS, 64)
    for row in rows:
        ring.append(row)
    return ring


def show_traces(view: LatencyView, ring: TraceRing, now_s: float, failed: int = 0) -> None:
    """As the live page has it shown, a moment of the run."""
    window, columns = ring.window(), ring.columns
    report = report_on(window, columns, now_s, failed)
    view.show_report(report, failed, answered=any_answered(window, columns), age_ms=None)


def reported(at_s: float, infer: float) -> dict[str, float]:
    parts = {"source": 0.5, "wait": 0.5, "prepare": 2.0, "encode": 3.0, "send": 1.0, "wire": 1.0}
    parts |= {"server_decode": 1.0, "server_queue": 5.0, "server_input": 6.0, "server_infer": infer}
    parts |= {"server_output": 6.0, "server_encode": 1.0, "receive": 1.0, "decode": 8.0}
    return {"at_s": at_s, **parts, "latency": sum(parts.values())}


def test_medians_and_percentiles_of_a_known_trace() -> None:
    ring = trace([reported(100.0 + n / 100, infer=10.0 + n) for n in range(41)])
    report = report_on(ring.window(), ring.columns, now_s=101.0, failed=2)
    assert report is not None
    assert dict(report.spans)["server_infer"] == 30.0
    assert [name for name, _ in report.spans] == [
        name for name in SPANS if name not in ("server_and_network", "draw")
    ]
    assert report.server_reports
    assert (report.p50, report.newest, report.samples, report.failed) == (66.0, 86.0, 41, 2)
    assert report.p95 == pytest.approx(84.0)
    assert report.p99 == pytest.approx(85.6)
    assert report.counts.sum() == 41


def test_only_the_last_ten_seconds_count() -> None:
    ring = trace([reported(0.0, infer=1000.0), reported(20.0, infer=10.0)])
    report = report_on(ring.window(), ring.columns, now_s=21.0)
    assert report is not None
    assert report.samples == 1
    assert report.p99 == 46.0
    assert report_on(ring.window(), ring.columns, now_s=40.0) is None


def test_after_a_switch_to_a_silent_server_its_parts_are_not_added_twice() -> None:
    silent = {"at_s": 10.5, "wait": 1.0, "server_and_network": 20.0, "latency": 21.0}
    ring = trace([reported(10.0, infer=10.0), silent])
    report = report_on(ring.window(), ring.columns, now_s=11.0)
    assert report is not None
    assert not report.server_reports
    assert "wire" not in dict(report.spans)
    assert dict(report.spans)["server_and_network"] == 20.0


def test_after_a_switch_only_the_answers_of_the_newest_lane_count() -> None:
    ring = TraceRing(COLUMNS, 64)
    for n in range(20):
        ring.append(reported(10.0 + n / 100, infer=1.0) | {"lane": 1})
    for n in range(3):
        ring.append(reported(11.0 + n / 10, infer=100.0) | {"lane": 2})
    report = report_on(ring.window(), ring.columns, now_s=12.0)
    assert report is not None
    assert (report.p50, report.newest, report.samples) == (136.0, 136.0, 3)
    assert dict(report.spans)["server_infer"] == 100.0
    assert report.counts.sum() == 3


def test_each_stage_has_the_median_of_those_that_have_it() -> None:
    rows = np.random.default_rng(1).gamma(2.0, 3.0, (len(COLUMNS), 101))
    columns = {name: place for place, name in enumerate(COLUMNS)}
    rows[columns["at_s"]], rows[columns["lane"]] = np.linspace(91.0, 100.0, 101), 1.0
    rows[columns["wait"], ::3] = np.nan
    rows[columns["draw"], 4:] = np.nan
    report = report_on(rows, columns, now_s=100.0)
    assert report is not None
    assert dict(report.spans) == pytest.approx(
        {name: float(np.nanmedian(rows[columns[name]])) for name, _ in report.spans}
    )
    assert {"wait", "draw"} <= dict(report.spans).keys()
    rows[columns["draw"]] = np.nan
    report = report_on(rows, columns, now_s=100.0)
    assert report is not None
    assert "draw" not in dict(report.spans)


def test_the_time_to_draw_belongs_to_the_lane_of_its_answer() -> None:
    traces = TraceRing(COLUMNS, 64)
    paints = PaintRecord()
    for lane, draw_ms in ((1, 40), (2, 5)):
        at_ns = (10 + lane) * 10**9
        timeline = Timeline({Stage.CAPTURED: at_ns, Stage.DECODED: at_ns + MS})
        paints.shown(timeline, lane)
        paints.painted([FirstPaint(lane, at_ns, at_ns + (1 + draw_ms) * MS, is_result=True)])
        traces.append(reported(at_ns / 1e9, infer=1.0) | {"lane": lane})
    report = report_on(paints.with_draws(traces), traces.columns, now_s=13.0)
    assert report is not None
    assert dict(report.spans)["draw"] == pytest.approx(5.0)


def test_the_histogram_has_ten_bins_per_decade_and_loses_nothing() -> None:
    assert len(EDGES_MS) == 41
    assert (EDGES_MS[0], EDGES_MS[-1]) == pytest.approx((0.5, 5000.0))
    counts = histogram(np.array([0.01, 0.5, 50.0, 9000.0]))
    assert (counts[0], counts[20], counts[-1], counts.sum()) == (2, 1, 1, 4)


def test_the_latency_panel_tells_its_numbers_and_paints_them(qtbot: QtBot) -> None:
    view = LatencyView()
    qtbot.addWidget(view)
    view.resize(400, 290)
    view.show()
    empty = image_of(view)
    assert view.summary == "Waiting for the first result"
    ring = trace([reported(10.0, infer=10.0)])
    show_traces(view, ring, failed=3, now_s=11.0)
    assert view.summary == "latency p50 46.0 ms, p95 46.0 ms, p99 46.0 ms, failed 3"
    assert image_of(view) != empty
    ring.append(reported(11.0, infer=100.0))
    show_traces(view, ring, now_s=11.6)
    assert "failed 0" in view.summary
    view.set_palette_roles(LIGHT)
    assert image_of(view) != empty
    view.clear()
    assert view.report is None


@pytest.mark.parametrize("age_ms", [1.0, 24.4, 46.0, 56.4, 700.0])
def test_the_age_stands_at_its_place_on_an_axis_that_holds_it(qtbot: QtBot, age_ms: float) -> None:
    view = LatencyView()
    qtbot.addWidget(view)
    view.resize(400, 290)
    view.show()
    ring = trace([reported(10.0, infer=10.0)])
    report = report_on(ring.window(), ring.columns, 11.0)
    view.show_report(report, 0, answered=True, age_ms=None)
    without = image_of(view)
    view.show_report(report, 0, answered=True, age_ms=age_ms)
    assert view.age_share is not None
    assert 0 < view.age_share <= 1
    assert view.age_share * view._top.value == pytest.approx(age_ms)
    image = image_of(view)
    bar = places_in(view.size(), 5, len(view._stages), view._columns(view._stages)).bar
    column = round(bar.left() + view.age_share * bar.width())
    text = view.roles.color("text")
    middle = color_at(image, column, round(bar.center().y()))
    assert middle == (text.red(), text.green(), text.blue())
    assert image != without


def test_a_pause_keeps_the_numbers_and_says_that_they_are_old(qtbot: QtBot) -> None:
    view = LatencyView()
    qtbot.addWidget(view)
    view.resize(400, 290)
    view.show()
    ring = trace([reported(10.0, infer=10.0)])
    show_traces(view, ring, failed=1, now_s=11.0)
    assert view.notice == ""
    fresh = image_of(view)
    show_traces(view, ring, failed=4, now_s=40.0)
    assert view.report is None
    assert view.summary == "No result in the last 10 s, failed 4"
    assert image_of(view) != fresh
    view.clear()
    assert view.notice == "Waiting for the first result"


def test_failures_are_told_before_anything_was_answered(qtbot: QtBot) -> None:
    view = LatencyView()
    qtbot.addWidget(view)
    view.show()
    show_traces(view, trace([]), failed=0, now_s=1.0)
    waiting = image_of(view)
    assert view.notice == "Waiting for the first result"
    show_traces(view, trace([]), failed=3, now_s=2.0)
    assert view.summary == "No result yet, 3 failed"
    assert image_of(view) != waiting


@pytest.mark.parametrize("width", [270, 420])
@pytest.mark.parametrize("height", [120, 222, 500])
def test_every_stage_and_the_histogram_can_be_scrolled_to(
    qtbot: QtBot, width: int, height: int
) -> None:
    view, area = LatencyView(), QScrollArea()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    area.setWidget(view)
    area.resize(width, height)
    area.show()
    ring = trace([reported(10.0, infer=10.0)])
    show_traces(view, ring, now_s=11.0)
    settle()
    assert view.height() >= view.minimumSizeHint().height()
    image = image_of(view)
    accent = DARK.color("accent").rgb()
    below = range(image.height() - 45, image.height())
    assert any(image.pixel(x, y) == accent for y in below for x in range(image.width()))
    swatches = {stage_color(name, DARK).rgb() for name in ("wait", "wire", "decode")}
    legend = {image.pixel(x, y) for y in range(90, image.height() - 60) for x in range(width - 20)}
    assert swatches <= legend


# Throughput and scales


def test_throughput_tells_and_paints_rates(qtbot: QtBot) -> None:
    view = ThroughputView()
    qtbot.addWidget(view)
    view.resize(560, 240)
    view.show()
    settle()
    empty = image_of(view)
    now_ns = time.monotonic_ns()
    for n in range(20):
        view.add(now_ns - (20 - n) * 500 * MS, 30.0, 27.0, TrafficRates(99e6, 9e3, 27.6e6, 8200.0))
    view.tick(now_ns)
    assert image_of(view) != empty
    assert view.summary == (
        "in 30.0 per second, out 27.0 per second, sent 27.6 MB/s, received 8.2 kB/s on the wire"
    )
    assert [plot._top for plot in view._plots] == [50.0, 200e6]
    view.add(now_ns, 30.0, 27.0, TrafficRates(99e6, 9e3, 27.6e6, 8200.0, estimated=True))
    assert "sent ≈ 27.6 MB/s" in view.summary
    view.clear()
    view.tick(now_ns + 10**9)
    assert view._plots[0].notice == "No run yet"


def test_throughput_opened_after_a_run_shows_what_was_collected(qtbot: QtBot) -> None:
    view, twin = ThroughputView(), ThroughputView()
    for each in (view, twin):
        qtbot.addWidget(each)
        each.resize(560, 240)
    twin.show()
    now_ns = time.monotonic_ns()
    rates = TrafficRates(99e6, 9e3, 27.6e6, 8200.0)
    for each in (view, twin):
        for n in range(20):
            each.add(now_ns - (20 - n) * 500 * MS, 30.0, 27.0, rates)
    for later_ns in (0, 10**9, 2 * 10**9):
        twin.tick(now_ns + later_ns)
        twin.tick(now_ns + later_ns + 1)
        view.tick(now_ns + later_ns + 1)
    view.show()  # no tick comes any more
    settle()
    assert [plot._top for plot in view._plots] == [50.0, 200e6]
    assert [plot.notice for plot in view._plots] == ["", ""]
    assert view.accessibleDescription() == twin.accessibleDescription() != ""
    assert view._legends[0].entries == twin._legends[0].entries
    assert abs(view._plots[0].end_s - now_ns / 1e9 - 2) < 0.1


def test_a_timeline_opened_after_a_run_shows_what_was_collected(qtbot: QtBot) -> None:
    view = ProbabilityTimeline()
    qtbot.addWidget(view)
    view.resize(560, 240)
    view.show()
    view.hide()
    now_ns = time.monotonic_ns()
    view.add(now_ns, classes(cat=0.5))
    view.tick(now_ns + MS)
    view.show()  # no tick comes any more
    settle()
    assert view._plot.notice == ""
    assert [entry.name for entry in view._legend.entries] == ["cat"]


def test_an_axis_grows_at_once_and_shrinks_late() -> None:
    top = SteadyTop(least=10.0)
    assert top.value == 10.0
    assert top.update(30.0)
    assert top.value == 50.0
    assert not top.update(20.0)
    assert top.update(5.0)
    assert top.value == 10.0


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.03, 0.05), (1, 1), (2.1, 2.5), (9, 10), (11, 20), (0, 1), (-3, 1)]
)
def test_axes_end_on_round_numbers(value: float, rounded: float) -> None:
    assert round_up(value) == pytest.approx(rounded)


def test_ticks_are_round_and_within_the_range() -> None:
    assert ticks(0, 1, 5) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert ticks(-30, 0, 5) == pytest.approx([-30, -20, -10, 0])
    assert len(ticks(-7.3, -1.1, 4)) <= 4


def test_values_are_written_short() -> None:
    assert [short(v) for v in (440.4, 12.34, 0.981, 5.0)] == ["440", "12.3", "0.98", "5"]
    assert [milliseconds(v) for v in (0.416, 41.04, 412.3, 1240)] == [
        "0.42 ms",
        "41.0 ms",
        "412 ms",
        "1.24 s",
    ]
    assert [byte_rate(v) for v in (0, 8200, 27.6e6, 1.2e9, 276e6)] == [
        "0 B/s",
        "8.2 kB/s",
        "27.6 MB/s",
        "1.2 GB/s",
        "276 MB/s",
    ]


def test_a_model_without_scores_says_why_its_timeline_is_empty(
    timeline: ProbabilityTimeline,
) -> None:
    timeline.add(time.monotonic_ns(), (Tensors(()),))
    timeline.clear()
    timeline.add(time.monotonic_ns(), (Tensors(()),))
    timeline.tick(time.monotonic_ns() + 10**9)
    assert "no scores" in timeline._plot.notice
    timeline.add(time.monotonic_ns(), (Detections(()),))
    timeline.tick(time.monotonic_ns() + 2 * 10**9)
    assert timeline._plot.notice == "Nothing found yet"


def test_the_axis_of_a_number_goes_with_its_model(
    timeline: ProbabilityTimeline,
) -> None:
    pitch = Scalars((Scalar("pitch", 440.0, unit="Hz", low=50.0, high=2000.0),))
    timeline.add(time.monotonic_ns(), (pitch,))
    timeline.tick(time.monotonic_ns())
    assert timeline._plot.right_axis == (50.0, 2000.0)
    timeline.clear()
    assert timeline._plot.right_axis is None


def test_points_and_masks_are_told_beside_the_bars(qtbot: QtBot) -> None:
    view = TopKView()
    qtbot.addWidget(view)
    view.show_predictions((KeyPoints((KeyPoint(1, 1), KeyPoint(2, 2))),))
    assert view.summary == "2 points"
    view.clear()
    view.show_predictions((Mask(np.zeros((48, 64), np.uint8), ()),))
    assert view.summary == "parts of 64 × 48 pixels"


def half_and_half() -> Mask:
    classes = np.zeros((48, 64), np.uint8)
    classes[:24], classes[24:36] = 2, 1
    return Mask(classes, ("background", "cat"))


def test_the_classes_of_a_mask_count_by_their_part_of_the_picture(
    qtbot: QtBot, timeline: ProbabilityTimeline
) -> None:
    view = TopKView()
    qtbot.addWidget(view)
    view.show_predictions((half_and_half(),))
    assert [(row.label, row.value) for row in view.rows] == [("class 2", "0.50"), ("cat", "0.25")]
    timeline.add(time.monotonic_ns(), (half_and_half(),))
    assert timeline.labels[:3] == ("class 2", "cat", None)


def test_a_legend_grows_with_its_plot_and_gives_way_where_there_is_little_room(
    timeline: ProbabilityTimeline,
) -> None:
    widths = []
    for width in (300, 600, 1280, 3000):
        timeline.resize(width, 200)
        legend = timeline.findChild(Legend)
        assert legend is not None
        widths.append(0 if legend.isHidden() else legend.width())
    assert widths[0] == 0
    assert widths[1] < widths[2] < widths[3] < 3000 / 6


def test_where_there_is_little_height_the_heading_of_a_legend_gives_way(qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    green = QColor("#00ff00")
    legend.show_entries("per second", [Entry(green, name, "1.0") for name in ("in", "out")])
    rows = []
    for height in (60, 42):
        legend.resize(legend.width(), height)
        image = image_of(legend)
        greens = [y for y in range(height) if color_at(image, 6, y) == (0, 255, 0)]
        rows.append((legend.has_room_for_heading, len(greens)))
    assert rows == [(True, 6), (False, 6)]  # three points for each line


def test_rows_move_together_before_one_of_them_is_left_out(qtbot: QtBot) -> None:
    view = TopKView(k=5)
    qtbot.addWidget(view)
    scores = tuple(ClassScore(f"class {n}", 1.0, n) for n in range(5))
    view.show_predictions((Classification(scores),))
    for height in (200, 112):
        view.resize(320, height)
        image, x = image_of(view), round(view._bar_area(0).center().x())
        colors = {color_at(image, x, y) for y in range(height)}
        assert len(colors) == 1 + len(scores), height


def test_bars_that_have_no_room_are_counted_instead_of_cut(qtbot: QtBot) -> None:
    view = TopKView()
    qtbot.addWidget(view)
    view.show_predictions(classes(a=0.9, b=0.8, c=0.7, d=0.6, e=0.5))
    view.resize(300, 8 + 5 * 26)
    assert view.in_sight(8) == 5
    view.resize(300, 8 + 5 * 20)
    assert view.in_sight(8) == 5
    view.resize(300, 8 + 5 * 20 - 1)
    assert view.in_sight(8) == 3
    view.resize(300, view.minimumHeight())
    assert view.in_sight(8) == 1
    assert view.minimumHeight() >= 8 + 26 + 16
    assert not view.grab().isNull()
