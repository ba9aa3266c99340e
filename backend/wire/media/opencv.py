"""The one place that imports cv2, so that its side effects are undone once.

opencv-python's Linux wheels point Qt at plugins and fonts of their own, which breaks any other Qt
in the process (opencv/opencv-python#736): the two variables are put back as they were.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from backend.wire.picture_headers import MAX_PIXELS

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

# The second line behind `picture_headers`: OpenCV's own limit of 2^30 pixels would take gigabytes.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))

# How long the driver of a silent webcam may block, in seconds; ten would outlast any patience.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")

import cv2  # noqa: E402 - the variables must be read first

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2"]


def _limit_ffmpeg(most_bytes: int) -> None:
    """Let FFmpeg refuse a video frame that needs more memory, as FFmpeg itself offers to.

    OpenCV shows a frame's size only when it has been made, and a stream may change it on the way.
    The library stands beside cv2 in the wheels for Linux and macOS; elsewhere FFmpeg's own limit
    of 2^28 pixels remains.
    """
    package = Path(cv2.__file__).parent
    folders = (package / ".dylibs", *package.parent.glob("opencv_python*.libs"))
    for library in (found for folder in folders for found in folder.glob("libavutil*")):
        limit = ctypes.CDLL(str(library)).av_max_alloc
        limit.argtypes, limit.restype = [ctypes.c_size_t], None
        limit(most_bytes)


_limit_ffmpeg(3 * MAX_PIXELS + (1 << 20))
