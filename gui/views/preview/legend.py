"""The legend in a picture's corner: what is counted, or what the colours of a mask mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from gui.views.preview.geometry import Area
from gui.views.preview.look import LegendRow
from gui.views.preview.marks import mark_color
from gui.widgets.language import count
from gui.widgets.theme import CAPTION_PX, GAP, tabular

MOST_ROWS = 8
_ROW = 17.0
_SWATCH = 9.0
_INSET = 7.0
_LONGEST_NAME = 150.0
_HARDLY = 0.25
"""Of what it covers with notes."""
_GROUND, _TEXT, _NOTE = QColor(0, 0, 0, 185), QColor("#ffffff"), QColor(255, 255, 255, 165)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PictureLegend:
    """Draws rows on a dark plate; the plate is kept as long as they stay the same."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._plate = QImage()

    def draw(
        self,
        painter: QPainter,
        rows: Sequence[LegendRow],
        bounds: Area,
        font: QFont,
        scale: float = 1.0,
        picture: Area | None = None,
    ) -> Area | None:
        """In the upper left corner of the bounds; where it went, None where there is no room.

        Notes are left out where it hardly covers the picture without them.
        """
        row = _ROW * scale
        if not rows or bounds.height < 2 * GAP + row:
            return None
        room = max(1, int((bounds.height - 3 * GAP) // row))
        shown = _shortened(rows, min(MOST_ROWS, room))
        ratio = painter.device().devicePixelRatioF()
        key = (tuple(shown), ratio, font.family(), scale, bounds, picture)
        if key != self._key:
            letters = tabular(font, CAPTION_PX)
            self._key, self._plate = key, _plate(shown, letters, ratio, scale)
            covered = picture.overlap(_place(self._plate, bounds)) if picture is not None else 0
            if picture is not None and covered:
                bare = _plate([replace(each, note="") for each in shown], letters, ratio, scale)
                if picture.overlap(_place(bare, bounds)) < _HARDLY * covered:
                    self._plate = bare
        area = _place(self._plate, bounds)
        if area.width > bounds.width - 2 * GAP:
            return None
        painter.drawImage(round(area.x), round(area.y), self._plate)
        return area


def _place(plate: QImage, bounds: Area) -> Area:
    size = plate.deviceIndependentSize()
    return Area(round(bounds.x) + GAP, round(bounds.y) + GAP, size.width(), size.height())


def _shortened(rows: Sequence[LegendRow], most: int) -> Sequence[LegendRow]:
    if len(rows) <= most:
        return rows
    left = len(rows) - most + 1
    return [*rows[: most - 1], LegendRow(count(left, "{n} more", "{n} more"), "")]


def _plate(rows: Sequence[LegendRow], font: QFont, ratio: float, scale: float) -> QImage:
    metrics = QFontMetricsF(font)
    names = [
        metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, _LONGEST_NAME) for row in rows
    ]
    left = _SWATCH + GAP if any(row.hue is not None for row in rows) else 0.0
    widths = [
        max(map(metrics.horizontalAdvance, texts))
        for texts in (names, [row.value for row in rows], [row.note for row in rows])
    ]
    ends = [_INSET + left + widths[0]]
    for width in widths[1:]:
        ends.append(ends[-1] + (GAP + 4 + width if width else 0))
    width, height = ends[-1] + _INSET, len(rows) * _ROW + GAP
    size = QSize(round(width * scale * ratio), round(height * scale * ratio))
    plate = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    plate.setDevicePixelRatio(ratio)
    plate.fill(Qt.GlobalColor.transparent)
    painter = QPainter(plate)
    painter.scale(scale, scale)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_GROUND)
    painter.drawRoundedRect(QRectF(0, 0, width, height), 3, 3)
    painter.setFont(font)
    for place, (row, name) in enumerate(zip(rows, names, strict=True)):
        line = QRectF(0, GAP / 2 + place * _ROW, width, _ROW)
        if row.hue is not None:
            swatch = QRectF(_INSET, line.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
            painter.fillRect(swatch, mark_color(row.hue))
        painter.setPen(_TEXT)
        painter.drawText(line.adjusted(_INSET + left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
        painter.drawText(line.adjusted(0, 0, ends[1] - width, 0), _RIGHT, row.value)
        painter.setPen(_NOTE)
        painter.drawText(line.adjusted(0, 0, ends[2] - width, 0), _RIGHT, row.note)
    painter.end()
    return plate
