"""Where the configuration of this user is kept: the folder that Qt names AppConfigLocation."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "inferdeck"
TARGETS_FILE = "targets.json"


def config_folder() -> Path:
    """The folder, which need not exist yet."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / _NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Preferences" / _NAME
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / _NAME
