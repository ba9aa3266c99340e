"""The window in a process of its own, without a display and away from anybody's settings."""

from __future__ import annotations

import os
from pathlib import Path


def offscreen_environment(home: Path) -> dict[str, str]:
    """Of a process whose settings and data stay below `home`."""
    return {
        **os.environ,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "QT_QPA_PLATFORM": "offscreen",
    }
