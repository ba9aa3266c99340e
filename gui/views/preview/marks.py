"""Colours of what is marked in a picture: the same in every theme, since the picture is too."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor

from gui.widgets.theme import DARK, hue_of

MARK_COLORS = DARK.series
"""Bright colours that colour-blind people can tell apart; a dark outline holds on light pictures.

The light theme's series have the same hues in the same order, so plots and marks go together.
"""

OUTLINE = QColor(0, 0, 0, 110)
"""Drawn around every mark."""


@cache
def _colors() -> tuple[QColor, ...]:
    return tuple(map(QColor, MARK_COLORS))


def mark_color(index: int) -> QColor:
    """The colour of a class or of a track by its number; the list repeats after eight."""
    return QColor(_colors()[hue_of(index)])
