"""Webcams, and what all live pictures have in common."""

from backend.sources.cameras.hardware import CameraEntry, CameraSystem
from backend.sources.cameras.live import LiveSource
from backend.sources.cameras.newest import LiveStream
from backend.sources.cameras.opencv_camera import OpenCvCameras
from backend.sources.cameras.webcam import WEBCAM, WebcamSource

KINDS = (WEBCAM,)

__all__ = [
    "KINDS",
    "WEBCAM",
    "CameraEntry",
    "CameraSystem",
    "LiveSource",
    "LiveStream",
    "OpenCvCameras",
    "WebcamSource",
]
