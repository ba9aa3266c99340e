"""Checks, before Qt is loaded, whether a window can be opened, and says what to type if not.

Qt aborts the process when its platform plugin cannot be loaded; this finds out first.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

_XCB_LIBRARIES = {
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-randr.so.0": "libxcb-randr0",
}
"""What Qt's xcb plugin loads that a bare system may lack, and the Debian package that has it."""

_QT_LIBRARIES = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"}

_WITHOUT_DISPLAY = (
    "For a window that nobody sees, type: xvfb-run -a python main.py"
    " (Debian: apt-get install xvfb), or set QT_QPA_PLATFORM=offscreen."
)

_FREE_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


_QT = "PySide6-Essentials"
"""The package that PySide6 itself is in, whether or not its whole family is installed."""

_REPAIR = "Type: python -m pip install --require-hashes -r requirements.txt"


def why_no_window(environ: Mapping[str, str] = os.environ) -> str:
    """A sentence and the line to type when no window can be opened here, or ''."""
    return _bad_pair(sys.version_info[:2], _pyside_version()) or _no_display(environ)


def _pyside_version() -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in version(_QT).split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return ()


def _bad_pair(python: tuple[int, int], pyside: tuple[int, ...]) -> str:
    """PySide6 6.12 drops a reference to True at every signal on Python 3.10 and 3.11."""
    if not pyside:
        return f"PySide6 is not installed. {_REPAIR}"
    if python < (3, 12) and pyside >= (6, 12):
        return (
            f"PySide6 {pyside[0]}.{pyside[1]} crashes on Python {python[0]}.{python[1]}. {_REPAIR}"
        )
    return ""


def _no_display(environ: Mapping[str, str]) -> str:
    if not sys.platform.startswith("linux"):
        return ""
    platform = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    missing = _missing(_QT_LIBRARIES)
    if platform not in _FREE_PLATFORMS:
        display = environ.get("DISPLAY", "")
        if not display and not environ.get("WAYLAND_DISPLAY"):
            return f"There is no display here. {_WITHOUT_DISPLAY}"
        if display and platform in ("", "xcb") and not environ.get("WAYLAND_DISPLAY"):
            missing += _missing(_XCB_LIBRARIES)
            if not missing and not _answers(display):
                return f"The display {display} does not answer. {_WITHOUT_DISPLAY}"
    if missing:
        return (
            "Qt needs libraries that this system lacks. "
            f"Debian and Ubuntu, type: sudo apt-get install {' '.join(missing)}"
        )
    return ""


def _answers(display: str) -> bool:
    """Whether an X server can be connected to, as Qt would a moment later."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(display.encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def _missing(libraries: Mapping[str, str]) -> list[str]:
    missing = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing
