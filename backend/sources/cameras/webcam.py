"""A webcam as a source: found by name, path or number each time it is opened."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from backend.core.defaults import FIRST_PICTURE_S, SILENT_AFTER_S
from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array
from backend.core.wording import Wording
from backend.sources.cameras.hardware import (
    CameraDevice,
    CameraEntry,
    CameraMode,
    CameraSystem,
    camera_mode,
    find_camera,
    webcam_title,
    which_camera,
)
from backend.sources.cameras.live import LiveSource
from backend.sources.cameras.newest import LiveStream
from backend.sources.cameras.opencv_camera import OpenCvCameras
from backend.sources.kind import SourceGroup, SourceKind
from backend.sources.pixels import rgb

_PRESENT_CHECK_S = 0.5
_NO_PICTURE_PAUSE_S = 0.01


class WebcamSource(LiveSource):
    """The camera that `wanted` names: a name, a device path, a number, or '' for the first one.

    A camera that was unplugged is found again by its name wherever it comes back.
    """

    def __init__(
        self,
        wanted: str = "",
        *,
        mode: CameraMode | None = None,
        system: CameraSystem | None = None,
        first_within_s: float = FIRST_PICTURE_S,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        super().__init__(
            webcam_title(wanted), first_within_s=first_within_s, silent_after_s=silent_after_s
        )
        self._wanted = wanted
        self._mode = mode or CameraMode()
        self._system = system or OpenCvCameras()

    def connect(self) -> LiveStream:
        """Find the camera and open it; raises SourceError ABSENT, BUSY or REFUSED."""
        entry = find_camera(self._wanted, self._system.cameras())
        # The first one found is kept: after an unplug, another camera must not take its place.
        if not self._wanted or self._wanted.isdecimal():
            self._wanted = entry.name
        self._name = entry.name
        device = self._system.device()
        return _CameraStream(device, device.open(entry, self._mode), entry, self._system)


class _CameraStream:
    """An open camera; a missing picture is a lost camera if it is no longer listed."""

    def __init__(
        self, device: CameraDevice, rate: float, entry: CameraEntry, system: CameraSystem
    ) -> None:
        self._device = device
        self._entry = entry
        self._system = system
        self._checked_at = time.monotonic()
        self.rate = rate

    def read(self) -> Callable[[], Array] | None:
        """The next picture; raises SourceError LOST once the camera is gone."""
        pixels = self._device.read()
        if pixels is not None:
            return partial(rgb, pixels)
        self._check_present()
        # Drivers of a dead camera fail at once, over and over: do not spin.
        time.sleep(_NO_PICTURE_PAUSE_S)
        return None

    def interrupt(self) -> None:
        """A driver cannot be interrupted safely; it is left to return by itself."""

    def close(self) -> None:
        """Let go of the camera."""
        self._device.close()

    def _check_present(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < _PRESENT_CHECK_S:
            return
        self._checked_at = now
        here = {(entry.name, entry.path) for entry in self._system.cameras()}
        if (self._entry.name, self._entry.path) not in here:
            raise SourceError(
                SourceFault.LOST,
                Wording("{camera} was unplugged.", camera=self._entry.name),
                hint=Wording("It is taken up again when it is back."),
            )


WEBCAM = SourceKind(
    scheme="webcam",
    title="Default camera",
    icon="camera",
    make=lambda argument, _options: WebcamSource(
        which_camera(argument), mode=camera_mode(argument)
    ),
    arguments=("NUMBER", "/dev/videoN", "NAME", "NAME?size=WxH&fps=N&format=mjpeg"),
    group=SourceGroup("Cameras", "No camera found", "The test pattern and files work without one."),
    device=True,
    which=which_camera,
    title_of=webcam_title,
)
