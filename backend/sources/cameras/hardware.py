"""The seam to camera hardware: what a camera is to us, and how one is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array

NO_CAMERA = "No camera found. Test pattern and files work without one."


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """A camera as the system lists it; `index` and `path` may change when it is plugged again."""

    name: str
    index: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """The size and rate to ask for; a camera gives what it can that comes near."""

    width: int = 1280
    height: int = 720
    fps: int = 30


class CameraDevice(Protocol):
    """One camera, used by one thread."""

    def open(self, entry: CameraEntry, mode: CameraMode) -> float:
        """Open it and return its frames per second, 0 if unknown; may block for many seconds.

        Raises SourceError: BUSY, REFUSED or ABSENT.
        """
        ...

    def read(self) -> Array | None:
        """The next picture, BGR uint8 [height, width, 3]; None if the driver had none."""
        ...

    def close(self) -> None:
        """Let go of it; may be called in any state."""
        ...


class CameraSystem(Protocol):
    """Where cameras come from: the real system, or a scripted one in tests."""

    def cameras(self) -> tuple[CameraEntry, ...]:
        """The cameras that are plugged in now, in a stable order."""
        ...

    def device(self) -> CameraDevice:
        """A device that is not open yet."""
        ...


def find_camera(wanted: str, cameras: tuple[CameraEntry, ...]) -> CameraEntry:
    """The camera meant by a name, a path, a number or nothing; raises SourceError ABSENT."""
    if not cameras:
        raise SourceError(
            SourceFault.ABSENT,
            NO_CAMERA if not wanted else f"{webcam_title(wanted)} is not there; no camera is.",
            hint="Plug one in." if wanted else "",
        )
    if not wanted:
        return cameras[0]
    for entry in cameras:
        if wanted in (entry.path, str(entry.index)):
            return entry
    named = [entry for entry in cameras if entry.name.casefold() == wanted.casefold()]
    if named:
        return named[0]
    listed = ", ".join(f"{entry.index}: {entry.name}" for entry in cameras)
    raise SourceError(
        SourceFault.ABSENT,
        f"{webcam_title(wanted)} is not there.",
        hint=f"Plug it in, or choose one of these: {listed}.",
    )


def webcam_title(wanted: str) -> str:
    """What a choice is called before the camera has told its name."""
    if not wanted:
        return "Webcam"
    return f"Webcam {wanted}" if wanted.isdecimal() or wanted.startswith("/") else wanted
