"""The one place that imports cv2: when it is first used, and with its side effects undone.

Importing it takes a twentieth of a second, for which help and wrong usage need not wait.
opencv-python's Linux wheels point Qt at plugins and fonts of their own, which breaks any other Qt
in the process (opencv/opencv-python#736): the two variables are put back as they were.
"""

from __future__ import annotations

import ctypes
import os
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.wire.picture_headers import MAX_PIXELS

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
# The second line behind `picture_headers`: OpenCV's own limit of 2^30 pixels would take gigabytes.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))

# How long the driver of a silent webcam may block, in seconds; ten would outlast any patience.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")

__all__ = ["cv2"]


class _Library:
    """Stands for the module until an attribute is asked for, and then has all of its attributes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if "VideoCapture" not in self.__dict__:
                self.__dict__.update(vars(_imported()))
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"cv2 has no {name}.") from None


def _imported() -> Any:
    before = {name: os.environ.get(name) for name in _QT_VARIABLES}
    library = import_module("cv2")
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _limit_ffmpeg(Path(library.__file__ or "").parent, 3 * MAX_PIXELS + (1 << 20))
    return library


def _limit_ffmpeg(package: Path, most_bytes: int) -> None:
    """Let FFmpeg refuse a video frame that needs more memory, as FFmpeg itself offers to.

    OpenCV shows a frame's size only when it has been made, and a stream may change it on the way.
    The library stands beside cv2 in the wheels for Linux and macOS; elsewhere FFmpeg's own limit
    of 2^28 pixels remains.
    """
    folders = (package / ".dylibs", *package.parent.glob("opencv_python*.libs"))
    for library in (found for folder in folders for found in folder.glob("libavutil*")):
        limit = ctypes.CDLL(str(library)).av_max_alloc
        limit.argtypes, limit.restype = [ctypes.c_size_t], None
        limit(most_bytes)


if TYPE_CHECKING:
    import cv2
else:
    cv2 = _Library()
