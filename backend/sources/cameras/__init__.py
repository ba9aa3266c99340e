"""Webcams, and what all live pictures have in common."""

from backend.sources.cameras.hardware import NO_CAMERA, CameraEntry, CameraSystem, webcam_title
from backend.sources.cameras.live import LiveSource
from backend.sources.cameras.newest import LiveStream
from backend.sources.cameras.opencv_camera import OpenCvCameras
from backend.sources.cameras.webcam import WebcamSource

__all__ = [
    "NO_CAMERA",
    "CameraEntry",
    "CameraSystem",
    "LiveSource",
    "LiveStream",
    "OpenCvCameras",
    "WebcamSource",
    "webcam_title",
]
