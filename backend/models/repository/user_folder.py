"""The user's own model repository: where models go that were fetched or dropped."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "INFERDECK_MODELS"
_NAME = "inferdeck"


def user_repository() -> Path:
    """The folder, which need not exist yet: what INFERDECK_MODELS names, or the user's data folder.

    That is ``~/.local/share/inferdeck/models`` on Linux (by XDG_DATA_HOME), ``~/Library/Application
    Support/inferdeck/models`` on macOS, and ``%LOCALAPPDATA%\\inferdeck\\models`` on Windows.
    """
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    return _data_folder() / _NAME / "models"


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
