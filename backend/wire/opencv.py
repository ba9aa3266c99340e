"""The one place that imports cv2, so that its side effects are undone once.

opencv-python's Linux wheels point Qt at plugins and fonts of their own, which breaks any other Qt
in the process (opencv/opencv-python#736): the two variables are put back as they were.
"""

from __future__ import annotations

import os

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
