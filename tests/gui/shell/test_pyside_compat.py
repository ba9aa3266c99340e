"""What is known of PySide6's import hook."""

from __future__ import annotations

import subprocess
import sys

_CHILD = """
import inspect, sys
import PySide6.QtCore
from gui.shell.pyside_compat import skip_source_scan

read = []
inspect.getsource = lambda module: read.append(module.__name__) or ""
import colorsys
assert "colorsys" in read, "the hook reads sources no more: what skips it can go"
assert skip_source_scan(), "the hook is not as known"
read.clear()
import wave
assert not read, read
from PySide6.QtCore import QObject
assert hasattr(QObject(), "objectName")
"""


def test_imports_after_qt_are_not_searched_for_its_name() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _CHILD], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
