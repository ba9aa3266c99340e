"""The seam to camera hardware: what a camera is to us, and how one is chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.tensors import Array
from backend.core.wording import Wording

NO_CAMERA = Wording("No camera found. Test pattern and files work without one.")


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """A camera as the system lists it; `index` and `path` may change when it is plugged again."""

    name: str
    index: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """The size, rate and format to ask for; a camera gives what it can that comes near.

    `format` is a word of FORMATS, '' to leave the choice to the driver.
    """

    width: int = 1280
    height: int = 720
    fps: int = 30
    format: str = ""


AUTO_MODE = CameraMode()
"""What is asked for where nobody has chosen."""

FORMATS = {"mjpeg": "MJPG", "yuyv": "YUYV", "uyvy": "UYVY", "nv12": "NV12", "i420": "YU12"}
"""What the pictures of a camera travel as, with the four letters that drivers know it by."""

_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")
_FPS = re.compile(r"[1-9]\d{0,3}")
_MODE_KEYS = ("size", "fps", "format")
_MODE = re.compile(rf"(.*?)\?((?:{'|'.join(_MODE_KEYS)})=.*)", re.DOTALL)


def which_camera(argument: str) -> str:
    """The part of ``NAME?size=640x480&fps=30&format=mjpeg`` that says which camera is meant."""
    found = _MODE.fullmatch(argument)
    return found[1] if found else argument


def camera_mode(argument: str) -> CameraMode:
    """The mode that is written behind a camera's name; raises UsageError for what is none."""
    found = _MODE.fullmatch(argument)
    mode = AUTO_MODE
    for key, value in parse_qsl(found[2], keep_blank_values=True) if found else ():
        match key:
            case "size" if size := _SIZE.fullmatch(value):
                mode = replace(mode, width=int(size[1]), height=int(size[2]))
            case "fps" if _FPS.fullmatch(value):
                mode = replace(mode, fps=int(value))
            case "format" if value in FORMATS:
                mode = replace(mode, format=value)
            case _:
                raise UsageError(
                    f"'{key}={value}' is no mode of a camera.",
                    "Expected size=WIDTHxHEIGHT, fps=NUMBER or format=WORD, joined by &; "
                    f"a WORD is one of {', '.join(FORMATS)}.",
                )
    return mode


def camera_argument(which: str, mode: CameraMode) -> str:
    """The camera with what of its mode is not automatic; the opposite of the two above."""
    auto, chosen = AUTO_MODE, {}
    if (mode.width, mode.height) != (auto.width, auto.height):
        chosen["size"] = f"{mode.width}x{mode.height}"
    if mode.fps != auto.fps:
        chosen["fps"] = str(mode.fps)
    if mode.format:
        chosen["format"] = mode.format
    return f"{which}?{urlencode(chosen)}" if chosen else which


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
            NO_CAMERA
            if not wanted
            else Wording("{camera} is not there; no camera is.", camera=webcam_title(wanted)),
            hint=Wording("Plug one in.") if wanted else "",
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
        Wording("{camera} is not there.", camera=webcam_title(wanted)),
        hint=Wording("Plug it in, or choose one of these: {cameras}.", cameras=listed),
    )


def webcam_title(argument: str) -> str:
    """What a choice is called before the camera has told its name."""
    wanted = which_camera(argument)
    if not wanted:
        return "Webcam"
    return f"Webcam {wanted}" if wanted.isdecimal() or wanted.startswith("/") else wanted
