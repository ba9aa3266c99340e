"""Whether a window can be opened, found out before Qt would abort."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gui.shell import platform as env
from gui.shell.platform import _bad_pair, _qt_folder, why_no_window
from gui.widgets.system_libraries import LIBRARIES

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux may lack it")

NOBODY = {"DISPLAY": ":9876"}
XCB = "plugins/platforms/libqxcb.so"
CURSOR, NOWHERE = "libxcb-cursor.so.0", "libxcb-cursor.so.9"


@pytest.fixture
def lacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PySide6's own Qt, but for an xcb plugin that links a library which is nowhere."""
    real = _qt_folder()
    (tmp_path / XCB).parent.mkdir(parents=True)
    (tmp_path / "lib").symlink_to(real / "lib")
    plugin = (real / XCB).read_bytes()
    assert CURSOR.encode() in plugin
    (tmp_path / XCB).write_bytes(plugin.replace(CURSOR.encode(), NOWHERE.encode()))
    monkeypatch.setattr(env, "_qt_folder", lambda: tmp_path)


@linux
def test_without_a_display_the_line_to_type_is_given() -> None:
    assert "xvfb-run -a python main.py" in why_no_window({})
    assert "xvfb-run -a python main.py" in why_no_window({"QT_QPA_PLATFORM": "xcb"})
    assert why_no_window({"QT_QPA_PLATFORM": "offscreen"}) == ""


@linux
def test_what_the_plugin_can_load_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES, "libnowhere.so.7", "libnowhere7")
    assert "display :9876 does not answer" in why_no_window(NOBODY)


@linux
@pytest.mark.usefixtures("lacking")
def test_a_missing_library_is_named_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES, NOWHERE, "libxcb-cursor9")
    reason = why_no_window(NOBODY)
    assert reason.startswith(f"Qt cannot be loaded: {NOWHERE}: cannot open")
    assert reason.endswith("sudo apt-get install libxcb-cursor9")


@linux
@pytest.mark.usefixtures("lacking")
def test_a_missing_library_that_no_list_knows_is_named_too() -> None:
    assert NOWHERE in why_no_window(NOBODY)
    assert "Install the system's package that has it." in why_no_window(NOBODY)


@linux
@pytest.mark.usefixtures("lacking")
def test_a_missing_library_of_a_platform_that_is_not_used_does_not_matter() -> None:
    assert why_no_window({"QT_QPA_PLATFORM": "offscreen"}) == ""


@linux
def test_one_of_two_displays_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "libwayland-client.so.0: no such file"
    monkeypatch.setattr(env, "_fault_of", lambda name: fault if "libqwayland" in name else "")
    assert why_no_window({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}) == ""
    assert "libwayland-client.so.0" in why_no_window({"WAYLAND_DISPLAY": "wayland-0"})


def test_the_pair_that_crashes_is_refused() -> None:
    assert "-r requirements.txt" in _bad_pair((3, 11), (6, 12))
    assert _bad_pair((3, 12), (6, 12)) == ""
    assert _bad_pair((3, 11), (6, 11)) == ""
