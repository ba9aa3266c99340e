"""Checks, before Qt is loaded, whether a window can be opened, and says what to type if not.

Qt aborts the process when its platform plugin cannot be loaded; this finds out first.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from gui.widgets.system_libraries import LIBRARIES

_WITHOUT_DISPLAY = (
    "For a window that nobody sees, type: xvfb-run -a python main.py"
    " (Debian: apt-get install xvfb), or set QT_QPA_PLATFORM=offscreen."
)

_DISPLAYS = {"wayland": "WAYLAND_DISPLAY", "xcb": "DISPLAY"}
"""Platforms of Qt that show windows, in the order in which Qt tries them, and who names them."""

_QT_LIBRARIES = ("lib/libQt6Widgets.so.6", "lib/libQt6Svg.so.6", "lib/libQt6Network.so.6")
_SOUND_LIBRARY = "libpulse.so.0"
"""What the window's imports link. QtMultimedia adds only the last, and is not loaded to find out:
it would print warnings before anybody forwards them."""

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
    platforms = _platforms(environ)
    if not platforms:
        return f"There is no display here. {_WITHOUT_DISPLAY}"
    fault = _load_fault(platforms)
    if fault:
        return f"Qt cannot be loaded: {fault}. {_advice()}"
    display = environ.get("DISPLAY", "")
    if platforms == ["xcb"] and not _answers(display):
        return f"The display {display} does not answer. {_WITHOUT_DISPLAY}"
    return ""


def _platforms(environ: Mapping[str, str]) -> list[str]:
    """The platforms that Qt will try, without those whose display is not there."""
    wanted = environ.get("QT_QPA_PLATFORM") or ";".join(_DISPLAYS)
    names = [name.partition(":")[0] for name in wanted.split(";")]
    return [name for name in names if name not in _DISPLAYS or environ.get(_DISPLAYS[name])]


def _load_fault(platforms: list[str]) -> str:
    """What the system's loader says against Qt or all of these platforms' plugins, or ''.

    Only the loader knows what is needed: a list may be wrong about a release of Qt.
    """
    folder = _qt_folder()
    faults = [_fault_of_file(folder / name) for name in _QT_LIBRARIES]
    fault = next(filter(None, [*faults, _fault_of(_SOUND_LIBRARY)]), "")
    plugins = [
        _fault_of_file(folder / "plugins" / "platforms" / f"libq{name}.so") for name in platforms
    ]
    return fault or (plugins[0] if all(plugins) else "")


def _fault_of_file(file: Path) -> str:
    """The same of a file of Qt; one that another build of Qt does not have is left to it."""
    return _fault_of(str(file)) if file.exists() else ""


def _fault_of(library: str) -> str:
    """Why the loader cannot load it, or ''."""
    try:
        ctypes.CDLL(library)
    except OSError as error:
        return str(error)
    return ""


def _qt_folder() -> Path:
    """Where PySide6 keeps its Qt; PySide6 is not imported."""
    found = find_spec("PySide6")
    return Path((found and found.origin) or "").parent / "Qt"


def _advice() -> str:
    packages = {package for library, package in LIBRARIES.items() if _fault_of(library)}
    if not packages:
        return "Install the system's package that has it."
    return f"Debian and Ubuntu, type: sudo apt-get install {' '.join(sorted(packages))}"


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
