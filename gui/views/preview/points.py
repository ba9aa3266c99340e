"""Draws key points and the lines of the skeleton they belong to."""

from __future__ import annotations

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
    places = [
        QPointF(x, y)
        for x, y in placement.points_to_view(
            np.array([(point.x, point.y) for point in points])
        ).tolist()
    ]
    sure = [point.score > 0 and point.score >= threshold for point in points]
    lines = [
        QLineF(places[one], places[other])
        for one, other in edges_between([point.label for point in points])
        if sure[one] and sure[other]
    ]
    few = len(points) <= _FEW
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
    bone, dot = (2.0 * scale, 6.0 * scale) if few else (1.0 * scale, 2.2 * scale)
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
