"""What cameras offer, as Qt lists it: by name, path or number, the largest mode first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QByteArray, QSize
from PySide6.QtMultimedia import QVideoFrameFormat

from gui.devices import OfferedMode, QtCameraModes, camera_modes

_Pixels = QVideoFrameFormat.PixelFormat


def mode(width: int, height: int, fps: float, pixels: _Pixels) -> SimpleNamespace:
    return SimpleNamespace(
        resolution=lambda: QSize(width, height),
        maxFrameRate=lambda: fps,
        pixelFormat=lambda: pixels,
    )


def camera(name: str, path: str, *modes: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(
        description=lambda: name,
        id=lambda: QByteArray(path.encode()),
        videoFormats=lambda: list(modes),
    )


CAMERAS = (
    camera(
        "Integrated Camera",
        "/dev/video0",
        mode(640, 480, 30.0, _Pixels.Format_YUYV),
        mode(1280, 720, 29.97, _Pixels.Format_Jpeg),
        mode(640, 480, 60.0, _Pixels.Format_Jpeg),
        mode(640, 480, 59.94, _Pixels.Format_Jpeg),
    ),
    camera("C920", "/dev/video2", mode(320, 240, 15.0, _Pixels.Format_P010)),
)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    cameras = list(CAMERAS)
    devices = SimpleNamespace(videoInputs=lambda: cameras)
    monkeypatch.setattr(camera_modes, "QMediaDevices", devices)
    return cameras


@pytest.mark.parametrize("which", ["", "integrated camera", "/dev/video0", "0"])
def test_modes_are_listed_once_the_largest_and_fastest_first(
    plugged: list[SimpleNamespace], which: str
) -> None:
    assert QtCameraModes().modes(which) == (
        OfferedMode(1280, 720, 30, "mjpeg"),
        OfferedMode(640, 480, 60, "mjpeg"),
        OfferedMode(640, 480, 30, "yuyv"),
    )


def test_a_format_without_a_word_is_left_to_the_camera(plugged: list[SimpleNamespace]) -> None:
    assert QtCameraModes().modes("C920") == (OfferedMode(320, 240, 15, ""),)


def test_nothing_is_known_of_a_camera_that_is_gone(plugged: list[SimpleNamespace]) -> None:
    assert QtCameraModes().modes("Gone") == ()
    plugged.clear()
    assert QtCameraModes().modes("") == ()
