"""Cameras of this machine, listed by cv2-enumerate-cameras and opened through OpenCV."""

from __future__ import annotations

import sys
from pathlib import Path

from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array
from backend.core.wording import Wording
from backend.sources.cameras.hardware import FORMATS, CameraDevice, CameraEntry, CameraMode
from backend.wire.media.opencv import cv2

_BACKENDS = {"linux": "CAP_V4L2", "darwin": "CAP_AVFOUNDATION", "win32": "CAP_MSMF"}


class OpenCvCameras:
    """The cameras of this machine, through OpenCV's own indexes."""

    def cameras(self) -> tuple[CameraEntry, ...]:
        """Listed by cv2-enumerate-cameras; on Linux only nodes that can capture video."""
        from cv2_enumerate_cameras import enumerate_cameras

        found = enumerate_cameras(_backend())
        return tuple(
            CameraEntry(info.name or f"Camera {info.index}", info.index, info.path or "")
            for info in sorted(found, key=lambda info: info.index)
        )

    def device(self) -> CameraDevice:
        """A camera opened through cv2.VideoCapture."""
        return OpenCvCamera()


class OpenCvCamera:
    """A camera through cv2.VideoCapture, its mode given at open: setting it later is slow."""

    def __init__(self) -> None:
        self._capture: cv2.VideoCapture | None = None

    def open(self, entry: CameraEntry, mode: CameraMode) -> float:
        """Open by OpenCV's index; raises SourceError with the likeliest reason."""
        _check_node(entry)
        # The format first: which sizes and rates there are depends on it.
        letters = cv2.VideoWriter.fourcc(*FORMATS[mode.format]) if mode.format else None
        wanted = [] if letters is None else [cv2.CAP_PROP_FOURCC, letters]
        wanted += [
            cv2.CAP_PROP_FRAME_WIDTH, mode.width,
            cv2.CAP_PROP_FRAME_HEIGHT, mode.height,
            cv2.CAP_PROP_FPS, mode.fps,
        ]  # fmt: skip
        capture = cv2.VideoCapture(entry.index, _backend(), wanted)
        if not capture.isOpened():
            capture.release()
            # Some drivers refuse to open at all when they cannot give the mode asked for.
            capture = cv2.VideoCapture(entry.index, _backend())
        if not capture.isOpened():
            capture.release()
            raise would_not_open(entry.name)
        self._capture = capture
        return max(0.0, float(capture.get(cv2.CAP_PROP_FPS)))

    def read(self) -> Array | None:
        """The next picture; OpenCV does not say why there is none."""
        if self._capture is None:
            return None
        done, pixels = self._capture.read()
        return pixels if done else None

    def close(self) -> None:
        """Release the device."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def would_not_open(name: str) -> SourceError:
    """OpenCV only says 'no'; the device is listed, so these are the likely reasons."""
    return SourceError(
        SourceFault.BUSY,
        Wording(
            "{camera} is there but does not open; another program is probably using it.",
            camera=name,
        ),
        hint=Wording("Close other programs that show its picture.")
        if sys.platform == "linux"
        else Wording(
            "Close other programs that show its picture, and allow camera access in the "
            "system's privacy settings."
        ),
    )


def _check_node(entry: CameraEntry) -> None:
    """On Linux the device file itself tells absent from not permitted."""
    if sys.platform != "linux":
        return
    path = Path(entry.path or f"/dev/video{entry.index}")
    try:
        path.open("r+b", buffering=0).close()
    except PermissionError as error:
        raise SourceError(
            SourceFault.REFUSED,
            Wording("You may not use {camera} ({path}).", camera=entry.name, path=path),
            hint=Wording("Add yourself to the group 'video' and log in again."),
        ) from error
    except FileNotFoundError as error:
        raise SourceError(
            SourceFault.ABSENT,
            Wording("{camera} ({path}) is not there.", camera=entry.name, path=path),
        ) from error
    except OSError as error:
        raise would_not_open(entry.name) from error


def _backend() -> int:
    """OpenCV's native camera interface on this system."""
    return int(getattr(cv2, _BACKENDS.get(sys.platform, "CAP_ANY")))
