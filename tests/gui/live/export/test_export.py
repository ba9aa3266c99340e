"""What is on show as pictures, data and a report: on the clipboard and in files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import orjson
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from backend.core.samples import Frame
from backend.core.status import Notice, Result
from backend.core.traffic import TrafficRates
from gui.live.export.controller import png_of, sharp_image
from gui.live.export.data import Row, as_csv, as_json_lines
from gui.views.preview import PreviewView, snapshot_of
from gui.workspace.notices import ToastAction
from tests.gui.shell_stage import Stage
from tests.wire.recording.recorded import answered, record, result


@pytest.fixture
def notices(stage: Stage) -> list[Notice]:
    said: list[Notice] = []
    stage.notifier.notified.connect(lambda notice, _actions, _details: said.append(notice))
    return said


def shown(stage: Stage, width: int = 900, height: int = 700) -> Result:
    """An answered picture that is larger than its view, all of one colour."""
    made = result(0)
    frame = Frame(0, 0, np.full((height, width, 3), (10, 20, 30), np.uint8))
    object.__setattr__(made, "sample", frame)
    stage.live.page.expect(made.settings.model, made.settings.target.name)
    stage.live.page.show_frame(frame)
    stage.live.page.show_result(made)
    return made


def test_the_picture_is_copied_in_its_own_pixels_with_its_boxes(
    stage: Stage, notices: list[Notice]
) -> None:
    shown(stage)
    stage.window.commands["export.copy"].run()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (900, 700)
    corner = image.pixelColor(850, 650)
    assert (corner.red(), corner.green(), corner.blue()) == (10, 20, 30)
    colours = {image.pixelColor(x, 20).name() for x in range(60)}
    assert len(colours) > 1, "the box around (1, 2) to (30, 40) is drawn"
    assert notices[-1].title == "Copied as a picture, 900 × 700"


def test_a_turned_picture_is_saved_turned(stage: Stage, qtbot: QtBot) -> None:
    shown(stage)
    stage.live.page.pane.rotate()
    image = stage.live.export.image_of(stage.live.page.pane.preview)
    assert (image.width(), image.height()) == (700, 900)


def test_without_a_picture_there_is_none_to_copy(stage: Stage, notices: list[Notice]) -> None:
    stage.window.commands["export.copy"].run()
    assert notices[-1].title == "There is no picture yet."


def test_what_has_the_focus_is_copied(stage: Stage) -> None:
    shown(stage)
    page, export = stage.live.page, stage.live.export
    assert export.chosen() is page.pane.preview
    page.timeline.setFocus()
    assert export.chosen() is page.timeline
    image = export.image_of(page.timeline)
    assert image.width() == page.timeline.width() * image.devicePixelRatio()
    assert image.devicePixelRatio() >= 2


def test_pictures_are_written_as_png_and_a_place_that_cannot_be_written_is_named(
    stage: Stage, tmp_path: Path, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    led: list[ToastAction] = []
    stage.notifier.notified.connect(lambda _notice, actions, _details: led.extend(actions))
    shown(stage)
    export = stage.live.export
    image = export.image_of(stage.live.page.pane.preview)
    path = tmp_path / "picture.png"
    export.write(path, lambda at: png_of(image, at))
    assert QImage(str(path)).size() == image.size()
    assert notices[-1].title == "Saved: picture.png"
    (folder,) = led
    folder.run()
    assert opened == [str(tmp_path)]
    export.write(tmp_path / "none" / "picture.png", lambda at: png_of(image, at))
    assert "cannot be written" in notices[-1].title


def test_the_window_is_copied_whole(stage: Stage) -> None:
    stage.window.commands["export.copy_window"].run()
    image = QGuiApplication.clipboard().image()
    ratio = stage.window.devicePixelRatioF()
    assert image.size() == stage.window.size() * ratio


def test_the_data_of_plots_are_what_they_show(stage: Stage) -> None:
    page, export = stage.live.page, stage.live.export
    assert export.rows_of(page.timeline) == []
    for number in range(5):
        made = result(number, at_ns=1_000_000_000)
        page.timeline.add(made.sample.captured_ns, made.predictions)
    rows = export.rows_of(page.timeline)
    assert [(row["series"], row["value"]) for row in rows] == [("circle", 0.875)] * 5
    times = [float(row["time"]) for row in rows]
    assert np.diff(times) == pytest.approx(1 / 30, abs=1e-5)
    page.throughput.add(2_000_000_000, 30.0, 29.0, TrafficRates())
    rates = {row["series"]: row["value"] for row in export.rows_of(page.throughput)}
    assert (rates["in"], rates["out"]) == (30.0, 29.0)


def test_latencies_are_those_of_the_run(stage: Stage) -> None:
    stage.server_control.start()
    stage.window.commands["run.toggle"].run()
    stage.session.traces.append({"at_s": 5.0, "wait": 1.5, "latency": 9.0, "lane": 1})
    (row,) = stage.live.export.rows_of(stage.live.page.latency)
    assert (row["wait"], row["latency"]) == (1.5, 9.0)
    assert "decode" not in row


def test_rows_become_csv_and_json_lines() -> None:
    rows: list[Row] = [
        {"time": 1.5, "series": "=SUM(A1)", "value": 2.0},
        {"time": 2.5, "other": 1.0},
    ]
    table = list(csv.DictReader(io.StringIO(as_csv(rows).decode())))
    assert table[0] == {"time": "1.5", "series": "'=SUM(A1)", "value": "2.0", "other": ""}
    assert [orjson.loads(line) for line in as_json_lines(rows).splitlines()] == rows


def test_the_other_mouse_button_offers_what_a_view_can_give(stage: Stage, qtbot: QtBot) -> None:
    page, menus = stage.live.page, stage.live._export_menu
    of_picture = [action.text() for action in menus.menu_of(page.pane.preview).actions()]
    assert of_picture == ["Copy as a picture", "Save as a picture..."]
    of_plot = [action.text() for action in menus.menu_of(page.timeline).actions()]
    assert of_plot[-1] == "Save the data..."
    place = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, page.mapToGlobal(place))
    QApplication.sendEvent(page.pane.preview, event)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QWidget)
    popup.close()


def test_the_report_is_about_the_recording_that_is_open(
    stage: Stage, tmp_path: Path, notices: list[Notice]
) -> None:
    command = stage.window.commands["export.report"]
    assert command.blocked() == "Open a recording first: a report is about one."
    recording = record(tmp_path / "run.mcap", answered(6))
    stage.live.sources.choose(str(recording))
    assert command.blocked() == ""
    stage.live.export.write_report(recording, tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text()
    assert "<h1>run.mcap</h1>" in page
    assert notices[-1].title == "Saved: run.html"


def test_a_snapshot_is_of_what_is_shown_and_leaves_the_view_alone(qtbot: QtBot) -> None:
    view = PreviewView()
    qtbot.addWidget(view)
    assert snapshot_of(view).isNull()
    frame = Frame(0, 0, np.zeros((20, 30, 3), np.uint8))
    view.show_frame(frame)
    image = snapshot_of(view)
    assert (image.width(), image.height()) == (30, 20)
    view.resize(300, 200)
    assert snapshot_of(view).size() == image.size()
    sharp = sharp_image(view)
    assert sharp.size() == view.size() * 2
