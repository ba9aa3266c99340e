"""Sources that are drawn, pasted or set up: a region, the clipboard, a camera's mode."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.status import Notice
from backend.sources.cameras import CameraMode
from gui.devices import OfferedMode, Region
from gui.live.sources import controller
from gui.live.sources.camera_mode_form import CameraModeForm
from gui.live.sources.pasting import image_in, keep_picture, specs_in
from gui.live.sources.region_picker import RegionPicker
from gui.widgets.theme import DARK
from tests.gui.shell_fakes import FakeDevices
from tests.gui.shell_stage import Stage

# The offscreen platform says so about every window with a smallest size.

OFFERED = (
    OfferedMode(1920, 1080, 30, "mjpeg"),
    OfferedMode(640, 480, 60, "mjpeg"),
    OfferedMode(640, 480, 30, "yuyv"),
)


# -- a region of the screen ----------------------------------------------------------------------


@pytest.fixture
def picked() -> list[Region]:
    return []


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def picker(qtbot: QtBot, window: QWidget, picked: list[Region]) -> RegionPicker:
    made = RegionPicker(window, DARK, picked.append)
    made.begin()
    qtbot.waitUntil(made.isVisible)
    return made


def drag(qtbot: QtBot, picker: RegionPicker, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(picker, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(picker, end)
    QTest.mouseRelease(picker, Qt.MouseButton.LeftButton, pos=end)


def test_a_rectangle_is_drawn_in_any_direction(
    qtbot: QtBot, picker: RegionPicker, picked: list[Region]
) -> None:
    drag(qtbot, picker, QPoint(300, 200), QPoint(100, 50))
    assert picked == [Region(200, 150, 100, 50)]


def test_a_click_is_no_rectangle(qtbot: QtBot, picker: RegionPicker, picked: list[Region]) -> None:
    drag(qtbot, picker, QPoint(100, 100), QPoint(103, 102))
    assert picked == []
    assert picker.isVisible()


def test_a_rectangle_is_moved_and_taken_by_key(
    qtbot: QtBot, picker: RegionPicker, picked: list[Region]
) -> None:
    before = picker.region
    QTest.keyClick(picker, Qt.Key.Key_Right)
    QTest.keyClick(picker, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(picker, Qt.Key.Key_Return)
    (region,) = picked
    assert region == Region(before.width, before.height + 8, before.x + 8, before.y)


def test_a_rectangle_stays_on_the_screen(qtbot: QtBot, picker: RegionPicker) -> None:
    for _ in range(500):
        QTest.keyClick(picker, Qt.Key.Key_Left)
    assert 0 <= picker.region.x < 8


def test_escape_picks_nothing(qtbot: QtBot, picker: RegionPicker, picked: list[Region]) -> None:
    with qtbot.waitSignal(picker.destroyed):
        QTest.keyClick(picker, Qt.Key.Key_Escape)
    assert picked == []


def test_a_region_becomes_the_source_and_is_remembered(stage: Stage, qtbot: QtBot) -> None:
    stage.window.commands.run("source.region")
    (picker,) = stage.window.findChildren(RegionPicker)
    qtbot.waitUntil(picker.isVisible)
    drag(qtbot, picker, QPoint(10, 20), QPoint(110, 70))
    assert stage.store.current.switches.source == "screen:100x50+10+20"
    assert stage.store.current.recent == ("screen:100x50+10+20",)


@pytest.mark.parametrize(
    ("start", "to", "expected"),
    [
        pytest.param(QPoint(150, 90), QPoint(170, 100), Region(120, 80, 120, 60), id="moved"),
        pytest.param(QPoint(100, 90), QPoint(80, 90), Region(140, 80, 80, 50), id="left side"),
        pytest.param(QPoint(220, 130), QPoint(250, 150), Region(150, 100, 100, 50), id="corner"),
        pytest.param(QPoint(150, 90), QPoint(-900, 90), Region(120, 80, 0, 50), id="to the edge"),
    ],
)
def test_a_region_is_edited_by_what_is_in_it_and_by_its_sides(
    qtbot: QtBot,
    window: QWidget,
    picked: list[Region],
    start: QPoint,
    to: QPoint,
    expected: Region,
) -> None:
    picker = RegionPicker(window, DARK, picked.append, Region(120, 80, 100, 50))
    picker.begin()
    qtbot.waitUntil(picker.isVisible)
    drag(qtbot, picker, start, to)
    assert picked == []
    assert picker.region == expected
    drag(qtbot, picker, QPoint(500, 400), QPoint(501, 401))  # a slip
    assert picker.region == expected
    inside = picker.rectangle.center()
    QTest.mouseDClick(picker, Qt.MouseButton.LeftButton, pos=inside)
    assert picked == [expected]


def test_the_picker_begins_with_the_region_that_is_streamed(stage: Stage, qtbot: QtBot) -> None:
    stage.live.sources.choose("screen:100x50+10+20")
    stage.window.commands.run("source.region")
    (picker,) = stage.window.findChildren(RegionPicker)
    qtbot.waitUntil(picker.isVisible)
    assert picker.region == Region(100, 50, 10, 20)
    QTest.keyClick(picker, Qt.Key.Key_Escape)


# -- the clipboard -------------------------------------------------------------------------------


def picture() -> QImage:
    image = QImage(32, 24, QImage.Format.Format_RGB32)
    image.fill(QColor("#40a060"))
    return image


def test_files_and_addresses_are_found_on_the_clipboard(tmp_path: Path) -> None:
    files, text, prose, nothing = (QMimeData() for _ in range(4))
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png")), QUrl("http://cam/video")])
    text.setText(" rtsp://cam/a \n")
    prose.setText("Dear reader,\nthis is a letter.")
    assert specs_in(files) == [str(tmp_path / "a.png"), "http://cam/video"]
    assert specs_in(text) == ["rtsp://cam/a"]
    assert specs_in(prose) == specs_in(nothing) == []
    for words, found in (
        ("just some words", False),
        ("/my files/a b.png", True),
        ("pattern", True),
    ):
        text.setText(words)
        assert specs_in(text) == ([words] if found else [])
    assert image_in(text) is None


def test_a_pasted_picture_is_kept_for_its_owner_and_few_are(tmp_path: Path) -> None:
    folder = tmp_path / "pasted"
    paths = [Path(keep_picture(picture(), folder)) for _ in range(10)]
    assert [path.name for path in paths[-2:]] == ["pasted-9.png", "pasted-10.png"]
    assert len(set(paths)) == 10
    kept = sorted(folder.iterdir())
    assert len(kept) == 8
    assert paths[-1] in kept
    assert QImage(str(paths[-1])).pixelColor(3, 3) == QColor("#40a060")
    assert paths[-1].stat().st_mode & 0o077 == 0


def test_a_pasted_picture_is_streamed(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "pasted_folder", lambda: tmp_path)
    QGuiApplication.clipboard().setImage(picture())
    stage.window.commands.run("source.paste")
    (file,) = tmp_path.iterdir()
    assert stage.store.current.switches.source == str(file)


def test_a_pasted_file_is_taken_as_if_it_were_dropped(stage: Stage, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "film.mp4"))])
    QGuiApplication.clipboard().setMimeData(data)
    stage.window.commands.run("source.paste")
    assert stage.store.current.switches.source == str(tmp_path / "film.mp4")


def test_an_empty_clipboard_is_said(stage: Stage) -> None:
    seen: list[Notice] = []
    stage.live.sources.noticed.connect(lambda notice, _: seen.append(notice))
    before = stage.store.current.switches.source
    QGuiApplication.clipboard().clear()
    stage.window.commands.run("source.paste")
    assert [notice.title for notice in seen] == ["The clipboard holds nothing to stream"]
    assert stage.store.current.switches.source == before


# -- a camera's mode -----------------------------------------------------------------------------


def mode_form(
    window: QWidget, offered: tuple[OfferedMode, ...], mode: CameraMode, used: list[CameraMode]
) -> CameraModeForm:
    form = CameraModeForm(window, "C920", offered, mode, used.append)
    form.open()
    return form


def texts(form: CameraModeForm) -> list[list[str]]:
    return [
        [box.itemText(index) for index in range(box.count())]
        for box in (form.size_choice, form.rate_choice, form.format_choice)
    ]


def test_what_a_camera_offers_together_can_be_chosen(window: QWidget) -> None:
    used: list[CameraMode] = []
    form = mode_form(window, OFFERED, CameraMode(), used)
    assert texts(form) == [
        ["Auto", "1920 × 1080", "640 × 480"],
        ["Auto", "60", "30"],
        ["Auto", "MJPEG", "YUYV"],
    ]
    form.size_choice.setCurrentIndex(1)
    assert texts(form)[1:] == [["Auto", "30"], ["Auto", "MJPEG"]]
    form.size_choice.setCurrentIndex(2)
    form.rate_choice.setCurrentIndex(1)
    assert texts(form)[2] == ["Auto", "MJPEG"]
    form.format_choice.setCurrentIndex(1)
    form.accept()
    assert used == [CameraMode(640, 480, 60, "mjpeg")]


def test_a_camera_that_tells_nothing_can_be_asked_for_the_usual(window: QWidget) -> None:
    used: list[CameraMode] = []
    form = mode_form(window, (), CameraMode(640, 480, 15, "yuyv"), used)
    form.accept()
    assert used == [CameraMode(640, 480, 15, "yuyv")]


def test_what_a_camera_does_not_offer_is_left_to_it(window: QWidget) -> None:
    form = mode_form(window, OFFERED, CameraMode(320, 240, 15, "nv12"), [])
    assert form.mode == CameraMode()


def test_a_mode_belongs_to_its_camera(stage: Stage) -> None:
    assert isinstance(stage.devices, FakeDevices)
    stage.devices.offered_modes = {"C920": OFFERED}
    assert stage.window.commands["source.mode"].blocked() == "The chosen source is no camera."
    stage.live.sources.choose("webcam:C920")
    stage.window.commands.run("source.mode")
    (form,) = stage.window.findChildren(CameraModeForm)
    form.size_choice.setCurrentIndex(2)
    form.accept()
    assert stage.store.current.switches.source == "webcam:C920?size=640x480"
    stage.live.sources.choose("pattern")
    stage.live.sources.choose("webcam:C920")
    assert stage.store.current.switches.source == "webcam:C920?size=640x480"
