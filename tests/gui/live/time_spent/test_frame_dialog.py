"""One frame's stages beside the median's: which, what is said of it, and how one gets there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.rings import TraceRing
from backend.core.timing import Stage, Timeline
from backend.session.lanes.delivery import TRACE_COLUMNS
from gui.live.picture.paint_record import PaintRecord
from gui.live.time_spent.frame_dialog import FrameDialog, FrameOpener
from gui.views.plots import LatencyView, RecentFrames, frames_of, largest_excess, report_on
from gui.views.preview import FirstPaint
from gui.widgets.theme import LIGHT

# The offscreen platform says so about every window with a smallest size.

NOW_S = 110.0


def ring(*answers: tuple[float, float], lane: float = 1.0) -> TraceRing:
    """Answers at a second, with so many ms of waiting besides 10 ms of other stages."""
    traces = TraceRing(TRACE_COLUMNS, 64)
    for at_s, wait in answers:
        parts = {"wait": wait, "encode": 2.0, "wire": 3.0, "server_infer": 5.0}
        traces.append({"at_s": at_s, **parts, "latency": sum(parts.values()), "lane": lane})
    return traces


def recent(traces: TraceRing, draws: dict[float, float] | None = None) -> RecentFrames:
    found = frames_of(traces.window(), traces.columns, NOW_S, draws or {})
    assert found is not None
    return found


ANSWERS = ((90.0, 500.0), (105.0, 1.0), (106.0, 2.0), (107.0, 40.0), (108.0, 1.0))


def test_frames_are_those_of_the_last_seconds_and_the_slowest_stands_out() -> None:
    found = recent(ring(*ANSWERS))
    assert [frame.latency for frame in found.frames] == [11.0, 12.0, 50.0, 11.0]
    assert found.slowest() == 2
    assert found.median.latency == 11.5
    assert largest_excess(found.frames[2], found.median) == ("wait", 38.5)
    assert largest_excess(found.median, found.median) is None


def test_a_bar_of_the_histogram_means_its_newest_frame_or_the_nearest() -> None:
    found = recent(ring(*ANSWERS))
    assert found.nearest(10.5, 11.5) == 3
    assert found.nearest(45.0, 60.0) == 2
    assert found.nearest(20.0, 25.0) == 1
    assert found.nearest(900.0, 1000.0) == 2


def test_drawing_belongs_to_the_frame_that_was_drawn() -> None:
    paints, traces = PaintRecord(), ring((105.0, 1.0), (106.0, 1.0))
    marks = {Stage.CAPTURED: 7, Stage.RECEIVED: 106_000_000_000, Stage.DECODED: 106_001_000_000}
    paints.shown(Timeline(marks), lane=1)
    paints.painted([FirstPaint(0, 7, 106_005_000_000, is_result=True)])
    found = recent(traces, paints.draws)
    assert [dict(frame.spans).get("draw") for frame in found.frames] == [None, 4.0]
    assert dict(found.median.spans)["draw"] == 4.0


def test_another_lane_says_nothing_of_this_one() -> None:
    traces = ring((105.0, 400.0))
    traces.append({"at_s": 109.0, "wait": 1.0, "latency": 1.0, "lane": 2.0})
    assert [frame.latency for frame in recent(traces).frames] == [1.0]
    nothing = TraceRing(TRACE_COLUMNS, 8)
    assert frames_of(nothing.window(), nothing.columns, NOW_S) is None


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[FrameDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = FrameDialog(recent(ring(*ANSWERS)), 2, LIGHT, parent)
    made.show()
    yield made
    made.close()


def test_the_dialog_says_where_it_went(dialog: FrameDialog) -> None:
    assert dialog.sentence.text() == (
        "50.0 ms from captured to decoded, 3.0 s before this was opened; the median is 11.5 ms. "
        "The largest difference is in wait: 38.5 ms."
    )
    assert ("wait", 40.0, 1.5) in dialog.stages.rows
    assert "wait 40.0 ms, median 1.5 ms" in dialog.stages.accessibleDescription()
    assert not dialog.grab().isNull()


def test_keys_and_clicks_go_from_frame_to_frame(dialog: FrameDialog) -> None:
    QTest.keyClick(dialog.dots, Qt.Key.Key_Right)
    assert dialog.dots.chosen == 3
    QTest.keyClick(dialog.dots, Qt.Key.Key_Right)
    assert dialog.dots.chosen == 3
    assert "The largest" not in dialog.sentence.text()
    QTest.keyClick(dialog.dots, Qt.Key.Key_Home)
    assert dialog.dots.chosen == 0
    assert dialog.dots.accessibleDescription() == "frame 1 of 4: 11.0 ms"
    place = dialog.dots._at(2).toPoint()
    QTest.mouseClick(dialog.dots, Qt.MouseButton.LeftButton, pos=place)
    assert dialog.dots.chosen == 2


def test_cursors_stand_on_frames_and_say_what_lies_between(dialog: FrameDialog) -> None:
    """By keys at the frame chosen, by Ctrl and a click at the nearest one, and dragged to one."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    dots, marks = dialog.dots, dialog.cursors.marks
    assert not marks.isVisible()
    QTest.keyClick(dots, Qt.Key.Key_A)
    assert [(mark.name, mark.at_s) for mark in marks.marks.cursors] == [("A", 107.0)]
    assert "Latency 50.0 ms" in dialog.readout.summary
    control = Qt.KeyboardModifier.ControlModifier
    near = dots._at(0).toPoint() - QPoint(3, 30)
    QTest.mouseClick(marks, Qt.MouseButton.LeftButton, control, near)
    assert [mark.at_s for mark in marks.marks.cursors] == [107.0, 105.0]
    assert dots.chosen == 2, "the ring stays"
    assert "Δ −2.000 s" in dialog.readout.summary
    assert "Latency 50.0 ms → 11.0 ms  Δ −39.0 ms" in dialog.readout.summary
    grip = QPoint(round(dots.place_of(105.0)), round(dots.plotted().center().y()))
    to = QPoint(round(dots.place_of(106.2)), grip.y())
    QTest.mousePress(marks, Qt.MouseButton.LeftButton, pos=grip)
    QTest.mouseMove(marks, to)
    QTest.mouseRelease(marks, Qt.MouseButton.LeftButton, pos=to)
    assert [mark.at_s for mark in marks.marks.cursors] == [107.0, 106.0]
    assert not dialog.grab().isNull()
    QTest.keyClick(dots, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert not marks.isVisible()
    assert not dialog.readout.isVisible()
    QTest.keyClick(dots, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.fixture
def panel(qtbot: QtBot) -> LatencyView:
    view = LatencyView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    return view


def test_a_click_on_the_histogram_opens_a_frame(panel: LatencyView, qtbot: QtBot) -> None:
    traces = ring(*ANSWERS)
    opener = FrameOpener(panel, panel)
    assert opener.command().blocked() == "Nothing was answered yet."
    QTest.mouseClick(panel, Qt.MouseButton.LeftButton, pos=panel._plot.center().toPoint())
    assert panel.findChildren(FrameDialog) == []
    report = report_on(traces.window(), traces.columns, NOW_S)
    panel.show_report(report, failed=0, answered=True, age_ms=None)
    opener.use(traces.window(), traces.columns, NOW_S, {})
    panel.grab()
    right_end = panel._plot.bottomRight().toPoint() - QPoint(4, 4)
    QTest.mouseClick(panel, Qt.MouseButton.LeftButton, pos=right_end)
    (opened,) = panel.findChildren(FrameDialog)
    assert opened.sentence.text().startswith("50.0 ms")
    opened.close()
    qtbot.waitUntil(lambda: not panel.findChildren(FrameDialog))
    assert opener.command().blocked() == ""
    opener.command().run()
    (opened,) = panel.findChildren(FrameDialog)
    assert opened.dots.chosen == 2
    opened.close()
