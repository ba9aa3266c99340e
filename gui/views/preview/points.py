"""Draws key points and the lines of the skeleton they belong to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from backend.core.predictions import KeyPoint
from backend.core.skeletons import edges_between
from gui.views.preview.geometry import Placement
from gui.views.preview.marks import OUTLINE

_FEW = 64
"""More points than these, such as those of a face, are drawn small and without outlines."""

_SMALLEST, _LARGEST = 2.2, 6.0
"""Pixels of a point: those of a hand far away would hide it if they were as large as others."""

_ACROSS = 12
"""So many points of the largest size lie side by side in what has room for them."""


def draw_points(
    painter: QPainter,
    points: Sequence[KeyPoint],
    color: QColor,
    placement: Placement,
    *,
    threshold: float,
    scale: float,
) -> None:
    """Points that are sure enough, and the lines between those of a skeleton; all in two calls."""
    if not points:
        return
    shown_at = placement.points_to_view(np.array([(point.x, point.y) for point in points]))
    places = [QPointF(x, y) for x, y in shown_at.tolist()]
    sure = [point.score > 0 and point.score >= threshold for point in points]
    lines = [
        QLineF(places[one], places[other])
        for one, other in edges_between([point.label for point in points])
        if sure[one] and sure[other]
    ]
    few = len(points) <= _FEW
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
    extent = float(np.ptp(shown_at, axis=0).max()) if len(points) > 1 else math.inf
    dot = scale * min(_LARGEST, max(_SMALLEST, extent / scale / _ACROSS))
    bone, dot = (dot / 3, dot) if few else (1.0 * scale, _SMALLEST * scale)
    if lines:
        painter.setPen(_round(OUTLINE, bone + 2))
        painter.drawLines(lines)
        painter.setPen(_round(color, bone))
        painter.drawLines(lines)
    shown = [place for place, is_sure in zip(places, sure, strict=True) if is_sure]
    if few:
        painter.setPen(_round(QColor(0, 0, 0, 180), dot + 2))
        painter.drawPoints(shown)
    painter.setPen(_round(color, dot))
    painter.drawPoints(shown)


def _round(color: QColor, width: float) -> QPen:
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
