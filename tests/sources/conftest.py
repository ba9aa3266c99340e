"""Files and cameras that the tests of the sources use; all of them real."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from backend.wire.media.opencv import cv2
from tests.real_sources import ChildCamera, mjpeg_camera, rtsp_camera, rtsp_is_available
from tests.sources.reading import write_video

Program = Callable[[str], str]


@pytest.fixture
def stop() -> threading.Event:
    """The owner's stop event, not set."""
    return threading.Event()


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Write a picture whose every pixel has one value: pictures("a.png", 40)."""

    def write(name: str, grey: int = 128, size: tuple[int, int] = (48, 64)) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        assert cv2.imwrite(str(path), np.full((*size, 3), grey, np.uint8))
        return path

    return write


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Ten frames at 20 per second, motion JPEG in AVI; frame n has the grey value 20 n."""
    return write_video(tmp_path / "ten.avi", frames=10, fps=20)


@pytest.fixture
def mjpeg(program: Program) -> Iterator[ChildCamera]:
    """A motion JPEG camera over HTTP."""
    program("ffmpeg")
    with mjpeg_camera() as camera:
        yield camera


@pytest.fixture
def rtsp(missing: Callable[[str], NoReturn]) -> Iterator[ChildCamera]:
    """An H.264 camera over RTSP."""
    if not rtsp_is_available():
        missing("GStreamer's RTSP server, or its H.264 encoder, is not installed")
    with rtsp_camera() as camera:
        yield camera
