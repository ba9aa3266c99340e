"""Draws where followed objects have been, fading with age."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from gui.views.preview.geometry import Placement
from gui.views.preview.look import Followed
from gui.views.preview.marks import OUTLINE

_FADES = 5
_CORNERS = 21
"""A line with more corners looks the same and takes longer."""
_FAINTEST = 25
_WIDTH = 2.0


def draw_trail(
    painter: QPainter, track: Followed, color: QColor, placement: Placement, scale: float
) -> None:
    """The way of one object as a few lines, each stronger than the one before it."""
    if len(track.trail) < 2:
        return
    step = -(-len(track.trail) // _CORNERS)
    some = track.trail[::-1][::step][::-1]  # the newest place is always among them
    corners = placement.points_to_view(np.array([(place.x, place.y) for place in some]))
    places = [QPointF(x, y) for x, y in corners.tolist()]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    recent = places[len(places) // 2 :]
    painter.setPen(QPen(OUTLINE, _WIDTH * scale + 2))
    painter.drawPolyline(recent)
    ends = [round(fade * (len(places) - 1) / _FADES) for fade in range(_FADES + 1)]
    faded = QColor(color)
    for fade, (start, end) in enumerate(pairwise(ends), start=1):
        if end > start:
            faded.setAlpha(_FAINTEST + (255 - _FAINTEST) * fade // _FADES)
            painter.setPen(QPen(faded, _WIDTH * scale))
            painter.drawPolyline(places[start : end + 1])
