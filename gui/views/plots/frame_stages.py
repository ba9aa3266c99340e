"""One frame's stages as a bar over the median's, and as numbers beside them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.views.plots.frame_times import FrameTimes, largest_excess, stage_names
from gui.views.scales import milliseconds
from gui.views.stages import STAGE_NAMES, stage_color
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import BODY_PX, CAPTION_PX, DARK, GAP, GAP_SMALL, Palette, sized, tabular

_BAR, _LINE, _SCALE = 20.0, 20.0, 16.0
_SWATCH = 14.0
_NUMBER = 84.0
_NOTHING_MS = 0.005
"""What is written as 0.00 ms has no sign."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class FrameStages(View):
    """Two bars over one scale, and a line for each stage: this frame, median, difference."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Stages of one frame"), parent, palette)
        self._frame: FrameTimes | None = None
        self._median: FrameTimes | None = None

    def show_frame(self, frame: FrameTimes, median: FrameTimes) -> None:
        """Show this frame beside the median."""
        self._frame, self._median = frame, median
        self.setMinimumHeight(round(self._height()))
        self.describe()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for every stage."""
        return QSize(520, round(self._height()))

    def minimumSizeHint(self) -> QSize:
        """Three columns of numbers beside the longest name."""
        return QSize(round(5 * _NUMBER), round(self._height()))

    @property
    def rows(self) -> list[tuple[str, float | None, float | None]]:
        """Each stage's name with its ms in this frame and in the median."""
        if self._frame is None or self._median is None:
            return []
        frame, median = dict(self._frame.spans), dict(self._median.spans)
        names = stage_names(self._frame, self._median)
        return [(name, frame.get(name), median.get(name)) for name in names]

    @property
    def summary(self) -> str:
        """Every stage in words."""
        return "; ".join(
            tr(
                "{stage} {time}, median {median}",
                stage=tr(STAGE_NAMES[name]),
                time=_text(value),
                median=_text(usual),
            )
            for name, value, usual in self.rows
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint bars, scale and lines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if self._frame is None or self._median is None:
            return
        inner = QRectF(self.rect()).adjusted(GAP, GAP, -GAP, -GAP)
        caption = self._caption_width()
        top = max(self._frame.length, self._median.length, 0.1)
        y = inner.top()
        for title, times in ((tr("this frame"), self._frame), (tr("median"), self._median)):
            place = QRectF(inner.left(), y, caption, _BAR)
            painter.setFont(sized(self.font(), BODY_PX))
            painter.setPen(self.roles.color("text"))
            painter.drawText(place, _LEFT, title)
            field = QRectF(place.right() + GAP, y, inner.right() - place.right() - GAP, _BAR)
            self._paint_bar(painter, field, times, top)
            y += _BAR + GAP_SMALL
        left = inner.left() + caption + GAP
        scale = QRectF(left, y - GAP_SMALL, inner.right() - left, _SCALE)
        painter.setFont(tabular(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        painter.drawText(scale, _LEFT, "0")
        painter.drawText(scale, _RIGHT, milliseconds(top))
        self._paint_lines(painter, QRectF(inner.left(), y + _SCALE, inner.width(), 0))

    def _height(self) -> float:
        bars = 2 * (_BAR + GAP_SMALL) + _SCALE
        return 2 * GAP + bars + (len(self.rows) + 1) * _LINE

    def _caption_width(self) -> float:
        metrics = QFontMetricsF(sized(self.font(), BODY_PX))
        return max(map(metrics.horizontalAdvance, (tr("this frame"), tr("median")))) + 2

    def _paint_bar(self, painter: QPainter, area: QRectF, times: FrameTimes, top: float) -> None:
        painter.fillRect(area, self.roles.color("surface_raised"))
        x = area.left()
        for name, value in times.spans:
            width = max(0.0, value) / top * area.width()
            painter.fillRect(QRectF(x, area.top(), width, _BAR), stage_color(name, self.roles))
            x += width

    def _paint_lines(self, painter: QPainter, area: QRectF) -> None:
        assert self._frame is not None
        assert self._median is not None
        painter.setFont(sized(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        titles = (tr("this frame"), tr("median"), tr("difference"))
        self._paint_numbers(painter, area, area.top(), titles)
        slow = self._frame.latency > self._median.latency
        worst = largest_excess(self._frame, self._median) if slow else None
        for line, (name, value, usual) in enumerate(self.rows, 1):
            y = area.top() + line * _LINE
            swatch = QRectF(area.left(), y + _LINE / 2 - 4, 8, 8)
            painter.fillRect(swatch, stage_color(name, self.roles))
            stands_out = worst is not None and worst[0] == name
            painter.setFont(tabular(self.font(), BODY_PX, bold=stands_out))
            painter.setPen(self.roles.color("text"))
            label = QRectF(area.left() + _SWATCH, y, area.width() - 3 * _NUMBER - _SWATCH, _LINE)
            painter.drawText(label, _LEFT, tr(STAGE_NAMES[name]))
            known = value is not None and usual is not None
            difference = _signed((value or 0.0) - (usual or 0.0)) if known else ""
            self._paint_numbers(painter, area, y, (_text(value), _text(usual), difference))

    @staticmethod
    def _paint_numbers(
        painter: QPainter, area: QRectF, y: float, texts: tuple[str, str, str]
    ) -> None:
        for place, text in enumerate(reversed(texts), 1):
            cell = QRectF(area.right() - place * _NUMBER, y, _NUMBER, _LINE)
            painter.drawText(cell, _RIGHT, text)


def _text(value: float | None) -> str:
    return "–" if value is None else milliseconds(value)


def _signed(value: float) -> str:
    sign = "" if abs(value) < _NOTHING_MS else "+" if value > 0 else "−"
    return f"{sign}{milliseconds(abs(value))}"
