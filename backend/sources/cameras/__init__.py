"""Webcams, and what all live pictures have in common."""

from backend.sources.cameras.hardware import (
    AUTO_MODE,
    FORMATS,
    CameraEntry,
    CameraMode,
    CameraSystem,
    camera_argument,
    camera_mode,
    which_camera,
)
from backend.sources.cameras.live import LiveSource
from backend.sources.cameras.newest import LiveStream
from backend.sources.cameras.opencv_camera import OpenCvCameras
from backend.sources.cameras.webcam import WEBCAM, WebcamSource

KINDS = (WEBCAM,)

__all__ = [
    "AUTO_MODE",
    "FORMATS",
    "KINDS",
    "WEBCAM",
    "CameraEntry",
    "CameraMode",
    "CameraSystem",
    "LiveSource",
    "LiveStream",
    "OpenCvCameras",
    "WebcamSource",
    "camera_argument",
    "camera_mode",
    "which_camera",
]
