"""OpenCV comes when it is first used, once, and leaves Qt's environment as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.wire.media.opencv import cv2

PROJECT = Path(__file__).parents[3]
_CHILD = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from backend.wire.media.opencv import cv2

assert "cv2" not in sys.modules
os.environ["QT_QPA_FONTDIR"] = "mine"
os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
with ThreadPoolExecutor(8) as threads:
    found = set(threads.map(lambda _: cv2.INTER_AREA, range(64)))
import cv2 as library
assert found == {library.INTER_AREA}
assert cv2.error is library.error
assert os.environ["QT_QPA_FONTDIR"] == "mine"
assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
"""


def test_it_is_imported_when_it_is_used_and_leaves_qt_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_it_does_not_have_is_said() -> None:
    with pytest.raises(AttributeError, match="cv2 has no nonsense"):
        cv2.nonsense  # type: ignore[attr-defined]  # noqa: B018
