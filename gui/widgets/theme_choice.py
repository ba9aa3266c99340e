"""The choice of a theme, known to the command line too, which starts without Qt."""

from __future__ import annotations

from enum import StrEnum


class ThemeChoice(StrEnum):
    """What the user chose; SYSTEM follows the desktop and is dark where it does not say."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
