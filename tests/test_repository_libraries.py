"""The list of system libraries is what the installed wheels really link, no less and no more."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import PySide6
import pytest

from gui.shell import platform as env
from gui.widgets.system_libraries import LIBRARIES
from tests.elf import needed

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has them")

_GUI = Path(__file__).resolve().parents[1] / "gui"
_QT = Path(PySide6.__file__).parent
_PLUGINS = (
    *("platforms/libqxcb.so", "platforms/libqwayland.so", "platforms/libqoffscreen.so"),
    *("xcbglintegrations/*", "multimedia/*", "imageformats/*", "iconengines/*", "tls/*"),
    *("platforminputcontexts/*", "platformthemes/libqxdgdesktopportal.so"),
    *("wayland-shell-integration/*", "wayland-decoration-client/*"),
    "wayland-graphics-integration-client/*",
)
"""What Qt loads by itself for a window of ours; themes of GTK, printers and the like are left out,
without which it does as well."""
_GLIBC = re.compile(r"(ld-linux.*|lib(c|m|dl|pthread|rt|resolv|mvec))\.so\.\d+")


@cache
def installed() -> dict[str, Path]:
    """The shared libraries that came with wheels, by name."""
    return {file.name: file for file in _QT.parent.rglob("*.so*") if file.is_file()}


def qt_modules() -> Iterator[Path]:
    """What the window imports of Qt."""
    sources = "".join(file.read_text(encoding="utf-8") for file in _GUI.rglob("*.py"))
    for name in set(re.findall(r"PySide6\.(Qt\w+)", sources)):
        yield _QT / f"{name}.abi3.so"


def qt_plugins() -> Iterator[Path]:
    """What Qt loads then."""
    for pattern in _PLUGINS:
        found = list((_QT / "Qt" / "plugins").glob(pattern))
        assert found, f"Qt has no plugin {pattern} any more"
        yield from found


def extension_modules() -> Iterator[Path]:
    """The modules of all other wheels, and the library of soundfile."""
    for file in installed().values():
        of_qt = file.is_relative_to(_QT)
        if not of_qt and re.search(r"\.abi3\.so|\.cpython-.*\.so|^libsndfile", file.name):
            yield file


def linked(roots: Iterable[Path]) -> dict[str, set[str]]:
    """What those and all they bring along need of the system, and who needs it."""
    asked: dict[str, set[str]] = {}
    seen: set[Path] = set()
    waiting = list(roots)
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in needed(file):
            if name in installed():
                waiting.append(installed()[name])
            elif not _GLIBC.fullmatch(name):
                asked.setdefault(name, set()).add(file.name)
    return asked


def test_the_list_is_what_the_wheels_link() -> None:
    asked = linked([*qt_modules(), *qt_plugins(), *extension_modules()])
    unknown = {name: users for name, users in asked.items() if name not in LIBRARIES}
    assert unknown == {}, "linked, but a bare system would not get it"
    assert sorted(LIBRARIES.keys() - asked.keys()) == [], "listed, but nothing links it"


def test_what_is_looked_at_before_the_window_opens_is_what_it_imports() -> None:
    looked_at = linked(_QT / "Qt" / name for name in env._QT_LIBRARIES)
    assert {*looked_at, env._SOUND_LIBRARY} == linked(qt_modules()).keys()
