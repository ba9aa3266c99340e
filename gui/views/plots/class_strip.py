"""The winning class of each moment as a strip of coloured stretches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.views.class_hues import class_name
from gui.views.contrast import readable_on
from gui.views.plots.stretches import Stretch
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, GAP_SMALL, Palette, sized

HEIGHT = 22
_LEAST_TEXT = 18.0


class ClassStrip(View):
    """Draws stretches over a range of time; names stand in those that have room for them."""

    def __init__(
        self, left: int, right: int, parent: QWidget | None = None, palette: Palette = DARK
    ) -> None:
        """`left` and `right` are the points beside the strip, as a plot above it has them."""
        super().__init__(tr("Winning class over time"), parent, palette)
        self._margins = left, right
        self._shown: tuple[Stretch, ...] = ()
        self._range = -1.0, 0.0
        self._color: Callable[[Stretch], QColor] = lambda s: self.roles.series_color(s.index)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)

    def sizeHint(self) -> QSize:
        """A line of text."""
        return QSize(320, HEIGHT)

    @property
    def summary(self) -> str:
        """The classes of the last stretches, the newest last."""
        return ", ".join(self._name(stretch) for stretch in self._shown[-5:])

    def show_stretches(
        self,
        stretches: Sequence[Stretch],
        start_s: float,
        end_s: float,
        color: Callable[[Stretch], QColor],
    ) -> None:
        """Draw these from left to right, as the time from `start_s` to `end_s`."""
        self._shown, self._range, self._color = tuple(stretches), (start_s, end_s), color
        self.update()

    def area(self) -> QRectF:
        """Where stretches are drawn."""
        left, right = self._margins
        return QRectF(left, 2, max(1, self.width() - left - right), HEIGHT - 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the stretches."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        area = self.area()
        painter.fillRect(area, self.roles.color("surface_raised"))
        font = sized(self.font(), CAPTION_PX)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        start_s, end_s = self._range
        per_s = area.width() / max(1e-6, end_s - start_s)
        for stretch in self._shown:
            left = max(area.left(), area.left() + (stretch.start_s - start_s) * per_s)
            right = min(area.right(), area.left() + (stretch.end_s - start_s) * per_s)
            piece = QRectF(left, area.top(), max(1.0, right - left), area.height())
            self._paint_piece(painter, piece, stretch, metrics)

    def _paint_piece(
        self, painter: QPainter, piece: QRectF, stretch: Stretch, metrics: QFontMetricsF
    ) -> None:
        color = self._color(stretch)
        painter.fillRect(piece, color)
        room = piece.width() - GAP
        if room < _LEAST_TEXT:
            return
        name = metrics.elidedText(self._name(stretch), Qt.TextElideMode.ElideRight, room)
        painter.setPen(readable_on(color))
        inner = piece.adjusted(GAP_SMALL, 0, -GAP_SMALL, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, name)

    def _name(self, stretch: Stretch) -> str:
        return class_name(stretch.label, stretch.index)
