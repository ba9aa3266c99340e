"""What of the latency panel stays while its numbers change: where things are, and their names.

Each call of Qt lets go of the interpreter's lock and may wait for it among a run's threads, so that
names, swatches and axes are drawn once and copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QPixmap

from gui.views.plots.stage_report import EDGES_MS
from gui.views.stages import STAGE_NAMES, stage_color
from gui.widgets.language import significant, tr
from gui.widgets.theme import CAPTION_PX, GAP, GAP_SMALL, Palette, sized, tabular

WIDEST = "00.0 ms"
LEAST_HISTOGRAM = 40.0
_LABELLED_HISTOGRAM = 56.0
NUMBERS, BAR, SCALE, LINE = 44.0, 20.0, 16.0, 16.0
PERCENTILE = 12.0
_SWATCH, _SWATCH_ROOM = 8.0, 14.0
_MARKS_MS = (1.0, 10.0, 100.0, 1000.0)
_FIRST_MS, _LAST_MS = float(EDGES_MS[0]), float(EDGES_MS[-1])


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a panel are, in points; `plot` is None where there is no room for it."""

    numbers: tuple[QRectF, ...]
    bar: QRectF
    scale: QRectF
    entries: tuple[QRectF, ...]
    """Of the stages, in columns, downwards in pipeline order."""
    plot: QRectF | None
    labelled: bool
    """Whether there is room for the percentiles' names over the plot."""


def places_in(size: QSize, numbers: int, stages: int, columns: int) -> Places:
    """From top to bottom: so many numbers, the bar over its scale, the stages, the histogram."""
    left, right = float(GAP), float(size.width() - GAP)
    y, width = float(GAP_SMALL), right - left
    cell = width / numbers
    cells = tuple(QRectF(left + place * cell, y, cell, NUMBERS) for place in range(numbers))
    bar = QRectF(left, y + NUMBERS, width, BAR)
    scale = QRectF(left, bar.bottom(), width, SCALE)
    top, column = scale.bottom() + GAP_SMALL, width / columns
    lines = math.ceil(stages / columns)
    entries = []
    for place in range(stages):
        across, down = divmod(place, lines)
        x = left + across * column
        entries.append(QRectF(x, top + down * LINE, column - 2 * GAP, LINE))
    y = top + lines * LINE + GAP
    height = size.height() - GAP_SMALL - y
    labelled = height >= _LABELLED_HISTOGRAM
    above = PERCENTILE if labelled else 0.0
    plot = QRectF(left, y + above, width, height - above - SCALE)
    return Places(
        cells, bar, scale, tuple(entries), plot if height >= LEAST_HISTOGRAM else None, labelled
    )


def height_of(stages: int, columns: int) -> int:
    """What all parts need with the least histogram."""
    fixed = NUMBERS + BAR + SCALE + GAP_SMALL + GAP + LEAST_HISTOGRAM + 2 * GAP_SMALL
    return math.ceil(fixed + math.ceil(stages / columns) * LINE)


def columns_in(width: float, stages: Sequence[str], font: QFont) -> int:
    """Two, where every name fits beside its value in half of the width."""
    metrics = QFontMetricsF(tabular(font, CAPTION_PX))
    names = [metrics.horizontalAdvance(tr(STAGE_NAMES[name]) + WIDEST) for name in stages]
    widest = max(names, default=0.0)
    return 2 if 2 * (widest + _SWATCH_ROOM + GAP_SMALL + 2 * GAP) <= width else 1


def along(value_ms: float, plot: QRectF) -> float:
    """Where a value lies on the logarithmic axis of the histogram."""
    return plot.left() + share(value_ms) * plot.width()


def share(value_ms: float) -> float:
    """The part of the histogram's width before a value."""
    inside = min(max(value_ms, _FIRST_MS), _LAST_MS)
    return math.log(inside / _FIRST_MS) / math.log(_LAST_MS / _FIRST_MS)


class LatencyGround:
    """Keeps the picture until something in it changes."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._picture = QPixmap()

    def picture(
        self,
        size: QSize,
        ratio: float,
        places: Places,
        names: Sequence[str],
        stages: Sequence[str],
        roles: Palette,
        font: QFont,
    ) -> QPixmap:
        """For a panel of that size in points with these names of numbers and stages."""
        key = (size, ratio, places, tuple(names), tuple(stages), roles, font.family())
        if key != self._key:
            self._key = key
            self._picture = QPixmap(size * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(roles.color("surface"))
            painter = QPainter(self._picture)
            _draw_names(painter, places, names, roles, font)
            painter.fillRect(places.bar, roles.color("surface_raised"))
            _draw_stages(painter, places, stages, roles, font)
            if places.plot is not None:
                _draw_axis(painter, places.plot, roles, font)
            painter.end()
        return self._picture


def _draw_names(
    painter: QPainter, places: Places, names: Sequence[str], roles: Palette, font: QFont
) -> None:
    painter.setFont(sized(font, CAPTION_PX))
    painter.setPen(roles.color("text_muted"))
    for cell, name in zip(places.numbers, names, strict=True):
        painter.drawText(cell, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)


def _draw_stages(
    painter: QPainter, places: Places, stages: Sequence[str], roles: Palette, font: QFont
) -> None:
    painter.setFont(tabular(font, CAPTION_PX))
    painter.setPen(roles.color("text_muted"))
    metrics = QFontMetricsF(painter.font())
    value = metrics.horizontalAdvance(WIDEST)
    for area, name in zip(places.entries, stages, strict=True):
        swatch = QRectF(area.left(), area.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
        painter.fillRect(swatch, stage_color(name, roles))
        room = max(0.0, area.width() - _SWATCH_ROOM - value - GAP_SMALL)
        label = metrics.elidedText(tr(STAGE_NAMES[name]), Qt.TextElideMode.ElideRight, room)
        painter.drawText(area.adjusted(_SWATCH_ROOM, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, label)


def _draw_axis(painter: QPainter, plot: QRectF, roles: Palette, font: QFont) -> None:
    """Round numbers, each with a faint line above it."""
    painter.setFont(tabular(font, CAPTION_PX))
    painter.setPen(QPen(roles.color("border"), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    places = [round(along(mark, plot)) for mark in _MARKS_MS]
    for x in places:
        painter.drawLine(QPointF(x, int(plot.top())), QPointF(x, int(plot.bottom())))
    painter.setPen(roles.color("text_muted"))
    for x, mark in zip(places, _MARKS_MS, strict=True):
        text = f"{significant(mark)} ms" if mark < 1000 else f"{significant(mark / 1000)} s"
        label = QRectF(x - 40, plot.bottom(), 80, SCALE)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
