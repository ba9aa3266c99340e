"""Curves of a result: what they hold, and the plot that is zoomed, moved and read."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.compare.curve_chart import CurveChart
from gui.compare.curve_plot import CurvePlot
from gui.compare.curves import axis_values, cost_by_size, latency_by_rate, throughput
from gui.views.scales import milliseconds
from gui.widgets.theme import DARK, LIGHT
from tests.compare.bench.made import REST_JSON, STREAM, cell_result, result

PROJECT = Path(__file__).parents[3]
SCALED = result(
    *(
        cell_result(replace(cell, in_flight=number), p50_ms, rate=rate)
        for cell, factor in ((STREAM, 1.0), (REST_JSON, 0.1))
        for number, p50_ms, rate in (
            (1, 10.0, 100.0 * factor),
            (2, 10.5, 190.0 * factor),
            (4, 20.0, 195.0 * factor),
        )
    )
)
STREAM_NAME = "OIP gRPC stream, raw"


@pytest.fixture
def chart(qtbot: QtBot) -> CurveChart:
    made = CurveChart("Throughput", palette=DARK)
    qtbot.addWidget(made)
    made.resize(800, 320)
    made.show_curves(*throughput(SCALED))
    made.show()
    qtbot.waitExposed(made)
    return made


def plot_of(chart: CurveChart) -> CurvePlot:
    assert chart.plot is not None
    return chart.plot


def shown(chart: CurveChart) -> tuple[float, float, float, float]:
    """What of x and y is in view, in the values' own units."""
    (left, right), (bottom, top) = plot_of(chart).canvas.getPlotItem().getViewBox().viewRange()
    return 10**left, 10**right, 10**bottom, 10**top


def place_of(chart: CurveChart, number: int, point: int) -> QPoint:
    plot = plot_of(chart)
    return QPoint(plot.canvas.mapFromScene(plot._in_scene((number, point))))


def wheel(chart: CurveChart, at: QPoint, steps: int) -> None:
    viewport = plot_of(chart).canvas.viewport()
    QApplication.sendEvent(
        viewport,
        QWheelEvent(
            QPointF(at),
            QPointF(viewport.mapToGlobal(at)),
            QPoint(),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,  # noqa: FBT003 - Qt's own signature
        ),
    )


def test_latency_over_throughput_goes_along_the_number_in_flight() -> None:
    curves, axes = latency_by_rate(SCALED)
    assert [curve.name for curve in curves] == [STREAM_NAME, "OIP REST, json"]
    assert curves[0].points == ((100.0, 10.0), (190.0, 10.5), (195.0, 20.0))
    assert curves[0].notes == ("1 in flight", "2 in flight", "4 in flight")
    assert curves[0].knee == 1
    assert (curves[0].dashed, curves[1].dashed) == (False, True)
    assert not axes.measured_x
    assert latency_by_rate(result(cell_result(STREAM, 1.0)))[0] == []


def test_axes_have_round_values_that_fit_or_those_measured() -> None:
    assert axis_values(0.9, 20, 8, [1, 2, 4, 8, 16]) == [1, 2, 4, 8, 16]
    assert axis_values(0.9, 20, 4, [1, 2, 4, 8, 16]) == [1, 10]
    assert axis_values(0.9, 20, 8) == [1, 2, 5, 10, 20]
    assert axis_values(1e-3, 1e9, 6) == pytest.approx([1e-3, 1, 1e3, 1e6, 1e9])
    close = axis_values(41.0, 43.0, 5)
    assert 2 <= len(close) <= 5
    assert all(41 <= value <= 43 for value in close)


def test_the_wheel_zooms_at_the_pointer_and_a_double_click_shows_everything(
    chart: CurveChart, qtbot: QtBot
) -> None:
    everything = shown(chart)
    assert everything[0] < 1 < 4 < everything[1]
    assert everything[2] < 10 < 195 < everything[3]
    assert not chart.all.isVisible()
    at = place_of(chart, 0, 1)
    wheel(chart, at, 5)
    zoomed = shown(chart)
    assert everything[0] < zoomed[0] < 2 < zoomed[1] < everything[1]
    assert everything[2] < zoomed[2] < 190 < zoomed[3] < everything[3]
    moved = place_of(chart, 0, 1) - at
    assert abs(moved.x()) <= 3
    assert abs(moved.y()) <= 3
    assert chart.all.isVisible()
    QTest.mouseDClick(plot_of(chart).canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: shown(chart) == pytest.approx(everything))
    assert not chart.all.isVisible()


@pytest.mark.parametrize("how", ["button", "key"])
def test_dragging_moves_and_button_and_key_show_everything(
    chart: CurveChart, qtbot: QtBot, how: str
) -> None:
    everything = shown(chart)
    viewport, at = plot_of(chart).canvas.viewport(), place_of(chart, 0, 1)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 9):
        QTest.mouseMove(viewport, at - QPoint(10 * step, 0))
        qtbot.wait(20)  # pyqtgraph takes one move in a hundredth of a second
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=at - QPoint(80, 0))
    qtbot.waitUntil(lambda: shown(chart)[0] > everything[0] * 1.05)
    moved = shown(chart)
    assert moved[1] / moved[0] == pytest.approx(everything[1] / everything[0])
    if how == "button":
        QTest.mouseClick(chart.all, Qt.MouseButton.LeftButton)
    else:
        QTest.keyClick(chart, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: shown(chart) == pytest.approx(everything))


def test_nobody_gets_lost(chart: CurveChart) -> None:
    at = place_of(chart, 0, 1)
    wheel(chart, at, -200)
    left, right, bottom, top = shown(chart)
    assert left >= 0.1 / 1.01
    assert right <= 40 * 1.01
    assert bottom >= 1 / 1.01
    assert top <= 1950 * 1.01
    wheel(chart, place_of(chart, 0, 1), 400)
    left, right, bottom, top = shown(chart)
    assert right / left >= 1.04
    texts = [words for _, words in plot_of(chart).canvas.getAxis("bottom")._tickLevels[0]]
    assert len(texts) == len(set(texts))


def test_a_further_result_leaves_what_was_zoomed_to(chart: CurveChart) -> None:
    wheel(chart, place_of(chart, 0, 1), 5)
    zoomed = shown(chart)
    chart.show_curves(*throughput(SCALED))
    assert shown(chart) == pytest.approx(zoomed)


def test_the_point_under_the_pointer_is_written_out(chart: CurveChart, qtbot: QtBot) -> None:
    plot = plot_of(chart)
    viewport = plot.canvas.viewport()
    QTest.mouseMove(viewport, place_of(chart, 0, 2) + QPoint(3, 2))
    qtbot.waitUntil(plot._label.isVisible)
    written = plot._label.toPlainText()
    assert written == f"{STREAM_NAME}\nrequests in flight: 4\nanswers a second: 195"
    assert chart.accessibleDescription() == written.replace("\n", ", ")
    assert chart.rect().contains(plot.canvas.mapFromScene(plot._label.sceneBoundingRect().center()))
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert not plot._label.isVisible()
    assert chart.accessibleDescription().startswith(f"{STREAM_NAME}: 195; ")


def test_keys_go_from_point_to_point(chart: CurveChart, qtbot: QtBot) -> None:
    points = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(chart, key)
        points.append(chart._at)
    assert points == [(0, 0), (0, 1), (0, 0), (1, 2)]


def test_a_click_on_a_point_chooses_it(chart: CurveChart, qtbot: QtBot) -> None:
    at = place_of(chart, 1, 2)
    viewport = plot_of(chart).canvas.viewport()
    QTest.mouseMove(viewport, at)
    with qtbot.waitSignal(chart.chosen) as chosen:
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == [replace(REST_JSON, in_flight=4).key]


def test_a_name_hides_its_curve(chart: CurveChart, qtbot: QtBot) -> None:
    box = chart.boxes[1]
    assert chart.boxes[0].text() == f"{STREAM_NAME}\n2 in flight is enough, 190/s"
    box.setChecked(False)
    assert {number for number, _ in plot_of(chart).visible_points} == {0}
    qtbot.waitUntil(lambda: shown(chart)[2] > 50)
    box.setChecked(True)
    qtbot.waitUntil(lambda: shown(chart)[2] < 10)
    for each in chart.boxes:
        each.setChecked(False)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart._at == (-1, -1)


def colours(chart: CurveChart, where: QPoint) -> list[str]:
    """The colours of a small square of what `grab` gives, as a picture of the page holds it."""
    picture = chart.grab().toImage()
    at = plot_of(chart).canvas.viewport().mapTo(chart, where)
    return [
        picture.pixelColor(at + QPoint(right, down)).name()
        for right in range(-3, 4)
        for down in range(-3, 4)
    ]


def test_it_takes_the_palette_and_is_in_pictures(chart: CurveChart) -> None:
    for palette in (LIGHT, DARK):
        chart.set_palette_roles(palette)
        curve = chart.curves[0]
        assert palette.series_color(curve.hue).name() in colours(chart, place_of(chart, 0, 0))
        assert palette.surface in colours(chart, place_of(chart, 0, 0) - QPoint(8, 8))


def test_what_has_no_place_on_a_logarithmic_axis_is_left_out(chart: CurveChart) -> None:
    curves, axes = throughput(SCALED)
    nothing = replace(curves[0], points=((1.0, 0.0), (2.0, 0.0)), knee=1)
    some = replace(curves[1], points=((1.0, 0.0), (2.0, 5.0), (4.0, 6.0)), knee=0)
    chart.show_curves([nothing, some], axes)
    assert plot_of(chart).visible_points == [(1, 1), (1, 2)]
    assert all(math.isfinite(end) for end in shown(chart))
    chart.show_curves([nothing], axes)
    assert plot_of(chart).visible_points == []
    canvas = QPixmap(chart.size())
    canvas.fill(QColor("black"))
    with QPainter(canvas) as painter:
        chart.render(painter, QPoint())


def test_sizes_are_written_as_sizes(chart: CurveChart) -> None:
    sizes = [
        cell_result(replace(STREAM, payload=name), 1.0 * factor)
        for factor, name in enumerate(("1 KB", "1 MB"), 1)
    ]
    made = result(*sizes)
    made.conditions.payloads.update({"1 KB": 1024, "1 MB": 1024 * 1024})
    chart.show_curves(*cost_by_size(made))
    left = plot_of(chart).canvas.getAxis("left")._tickLevels[0]
    bottom = plot_of(chart).canvas.getAxis("bottom")._tickLevels[0]
    assert [words for _, words in bottom] == ["1.0 KiB", "1.0 MiB"]
    assert all(words == milliseconds(10**at) for at, words in left)


def test_the_page_is_imported_without_the_library() -> None:
    program = "import sys, gui.compare; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=False).returncode == 0
