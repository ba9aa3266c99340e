"""What sizes, rates and formats a camera offers, as Qt lists them without opening it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtMultimedia import QCameraDevice, QMediaDevices, QVideoFrameFormat

_Pixels = QVideoFrameFormat.PixelFormat
_FORMATS = {
    _Pixels.Format_Jpeg: "mjpeg",
    _Pixels.Format_YUYV: "yuyv",
    _Pixels.Format_UYVY: "uyvy",
    _Pixels.Format_NV12: "nv12",
    _Pixels.Format_YUV420P: "i420",
}


@dataclass(frozen=True, slots=True)
class OfferedMode:
    """A size with the highest rate there is at it; `format` is '' for one that has no word."""

    width: int
    height: int
    fps: int
    format: str = ""


class CameraModes(Protocol):
    """Where the modes of cameras are known; used on the window's thread."""

    def modes(self, which: str) -> tuple[OfferedMode, ...]:
        """What the camera of that name, path or number offers, '' for the first one.

        Nothing where that is not known.
        """
        ...


class QtCameraModes:
    """From Qt's own list of cameras, which is kept up to date by the system."""

    def modes(self, which: str) -> tuple[OfferedMode, ...]:
        """The largest first."""
        cameras = QMediaDevices.videoInputs()
        camera = next((each for each in cameras if _is_meant(each, which)), None)
        if camera is None and not which and cameras:
            camera = cameras[0]
        if camera is None:
            return ()
        found = {
            OfferedMode(
                one.resolution().width(),
                one.resolution().height(),
                round(one.maxFrameRate()),
                _FORMATS.get(one.pixelFormat(), ""),
            )
            for one in camera.videoFormats()
        }
        return tuple(sorted(found, key=lambda mode: (-mode.width * mode.height, -mode.fps)))


def _is_meant(camera: QCameraDevice, which: str) -> bool:
    path = bytes(camera.id().data()).decode("utf-8", "replace")
    names = (camera.description().casefold(), path, path.removeprefix("/dev/video"))
    return which.casefold() in names
