"""The strip plot that time series are drawn on.

A strip plot shows the last seconds up to now and scrolls by the clock. Its x axis is "seconds
before now", so ranges and tick texts stay as they are while it scrolls: they are a picture that is
made once, over which only the lines are drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from PySide6.support import VoidPtr  # type: ignore[attr-defined]

from backend.core.tensors import Array
from gui.views.messages import draw_notice
from gui.views.moments import ago, around
from gui.views.plots.axis import scaled_around, within
from gui.views.scales import ticks
from gui.views.view import View
from gui.widgets.language import significant
from gui.widgets.theme import BODY_PX, CAPTION_PX, DARK, Palette, sized, tabular

AXIS_WIDTH, RIGHT_MARGIN = 46, 16
"""Points beside what is plotted, at the left with its axis and at the right without one."""
_AXIS_HEIGHT, _TOP_MARGIN, _TEXT_OFFSET = 20, 8, 6
_WHEEL_STEP = 1.15
_NARROWEST, _SHORTEST_S = 0.02, 1.0
_GRID_ALPHA = 150


@dataclass(frozen=True, slots=True)
class _Line:
    """x in seconds before now, y in 0..1, joins[i] whether i meets i + 1."""

    x: Array
    y: Array
    joins: Array
    color: QColor


class StripPlot(View):
    """Lines over the last `window_s` seconds; every line's values are given in 0..1 of its axis.

    The wheel zooms time, with Shift the values; dragging moves along. A click with Ctrl asks for a
    cursor, at a moment of the clock that `end_s` is of.
    """

    cursor_wanted = Signal(float)

    def __init__(
        self,
        name: str,
        window_s: float,
        label: Callable[[float], str] = significant,
        parent: QWidget | None = None,
        palette: Palette = DARK,
    ) -> None:
        super().__init__(name, parent, palette)
        self.window_s = window_s
        self.end_s = 0.0
        self._zero_s: float | None = None
        self._label, self._top = label, 1.0
        self._least = 0.0
        self._left_width = AXIS_WIDTH
        self._right: tuple[float, float, Callable[[float], str]] | None = None
        self._x, self._y = (-window_s, 0.0), (0.0, 1.0)
        self._lines: dict[int, _Line] = {}
        self._ground = QPixmap()
        self._notice = ""
        self._pointer: float | None = None
        self._cursor_s: float | None = None
        self._grabbed: QPointF | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """A plot of ordinary size."""
        return QSize(480, 160)

    @property
    def cursor_s(self) -> float | None:
        """Seconds before now (0 or less) under the pointer, or None while it is elsewhere."""
        if self._pointer is None or not self.underMouse():
            return None
        at = self._seconds(self._pointer)
        return at if -self.window_s <= at <= 0 else None

    @property
    def shown_s(self) -> tuple[float, float]:
        """The first and the last moment on show, in seconds before now (0 or less)."""
        return self._x

    @property
    def pixel_s(self) -> float:
        """Seconds that one device pixel shows; moving a line by less cannot be seen."""
        left, right = self._x
        return (right - left) / max(1.0, self.plotted().width() * self.devicePixelRatioF())

    @property
    def notice(self) -> str:
        """The text over the empty axes."""
        return self._notice

    @property
    def right_axis(self) -> tuple[float, float] | None:
        """Its range, None if there is none."""
        return None if self._right is None else self._right[:2]

    def plotted(self) -> QRectF:
        """Where lines are drawn, between the axes."""
        right = RIGHT_MARGIN + (AXIS_WIDTH if self._right is not None else 0)
        width = max(1, self.width() - self._left_width - right)
        height = max(1, self.height() - _TOP_MARGIN - _AXIS_HEIGHT)
        return QRectF(self._left_width, _TOP_MARGIN, width, height)

    def set_notice(self, text: str) -> None:
        """Write over the empty axes; '' for nothing."""
        if text != self._notice:
            self._notice = text
            self.update()

    def set_top(self, top: float) -> None:
        """Let the left axis run from 0 to `top`; lines keep being given in 0..1."""
        if top != self._top:
            self._top = top
            self._relabel()

    def set_zero(self, zero_s: float | None) -> None:
        """Let the time axis count from there, in seconds before its end; None from its end."""
        if zero_s != self._zero_s:
            self._zero_s = zero_s
            self._relabel()

    def set_left_width(self, width: int) -> None:
        """Give the left axis this many points, so that plots above each other line up."""
        self._left_width = width
        self._relabel()

    def set_right_axis(self, low: float, high: float, label: Callable[[float], str]) -> None:
        """Show a second axis at the right for lines in another unit."""
        if self.right_axis != (low, high):
            self._right = (low, high, label)
            self._relabel()

    def clear_right_axis(self) -> None:
        """Take the second axis away."""
        if self._right is not None:
            self._right = None
            self._relabel()

    def set_window(self, window_s: float) -> None:
        """Show another number of seconds, all of them."""
        if window_s != self.window_s:
            self.window_s = window_s
            self.reset_zoom()

    def show_range(self, seconds: tuple[float, float], values: tuple[float, float]) -> None:
        """Show this part: seconds before now, values in 0..1; kept within what there is."""
        shown = (
            within(seconds, -self.window_s, 0.0, _SHORTEST_S),
            within(values, 0.0, 1.0, _NARROWEST),
        )
        if shown != (self._x, self._y):
            self._x, self._y = shown
            self._relabel()

    def reset_zoom(self) -> None:
        """Show the whole window and the axis from its least value on."""
        self.show_range((-self.window_s, 0.0), (self._least, 1.0))

    def set_least(self, least: float) -> None:
        """Let the axis begin there (0..1), unless the user has zoomed it."""
        as_it_was = np.allclose(self._y, (self._least, 1.0), atol=1e-9)
        self._least = least
        if as_it_was:
            self.show_range(self._x, (least, 1.0))

    def set_line(self, place: int, x: Array, y: Array, joins: Array, color: QColor) -> None:
        """Draw a line: x in seconds before now, y in 0..1, joins[i] whether i meets i + 1."""
        if len(x) or place in self._lines:
            self._lines[place] = _Line(x, y, joins, color)
            self.update()

    def clear_lines(self) -> None:
        """Take all lines away."""
        self._lines.clear()
        self.update()

    def show_cursor(self) -> None:
        """Move the cursor line to the pointer, or hide it."""
        if self.cursor_s != self._cursor_s:
            self._cursor_s = self.cursor_s
            self.update()

    def palette_changed(self) -> None:
        """Colour axes, grid and texts."""
        self._relabel()

    # -- what the user does --------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer."""
        turned = event.angleDelta().y() or event.angleDelta().x()  # Alt and Shift swap them
        factor = _WHEEL_STEP ** (-turned / 120)
        at = event.position()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.show_range(self._x, scaled_around(self._y, self.share_at(at.y()), factor))
        else:
            self.show_range(scaled_around(self._x, self._seconds(at.x()), factor), self._y)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the lines."""
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.cursor_wanted.emit(self.moment_at(event.position().x()))
        else:
            self._grabbed = event.position()
        super().mousePressEvent(event)  # the view around it takes the focus

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the lines, or move the cursor."""
        self._pointer = event.position().x()
        if self._grabbed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            x_s = self._seconds(self._grabbed.x()) - self._seconds(event.position().x())
            up = self.share_at(self._grabbed.y()) - self.share_at(event.position().y())
            self._grabbed = event.position()
            self.show_range(
                (self._x[0] + x_s, self._x[1] + x_s), (self._y[0] + up, self._y[1] + up)
            )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None
        super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._pointer = None
        super().leaveEvent(event)

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Axes, lines, the cursor, and the notice."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        size = QSize(round(self.width() * ratio), round(self.height() * ratio))
        if self._ground.size() != size:
            self._ground = self._painted_ground(size, ratio)
        painter.drawPixmap(0, 0, self._ground)
        area = self.plotted()
        if self._notice:
            painter.setFont(sized(self.font(), BODY_PX))
            draw_notice(painter, area, self._notice, self.roles)
        painter.setClipRect(area)
        for line in self._lines.values():
            painter.setPen(_hairline(line.color))
            for polygon in self._polygons(line, area):
                painter.drawPolyline(polygon)
        if self._cursor_s is not None:
            x = self._across(self._cursor_s, area)
            painter.setPen(_hairline(self.roles.color("text_muted")))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _polygons(self, line: _Line, area: QRectF) -> Iterator[QPolygonF]:
        """The stretches of a line between its gaps, in points of the widget."""
        (left, right), (low, high) = self._x, self._y
        places = np.empty((len(line.x), 2))
        places[:, 0] = area.left() + (line.x - left) * (area.width() / (right - left))
        places[:, 1] = area.bottom() - (line.y - low) * (area.height() / (high - low))
        for stretch in np.split(places, np.flatnonzero(line.joins[:-1] == 0) + 1):
            if len(stretch) > 1:
                polygon = QPolygonF()
                polygon.resize(len(stretch))
                # A QPointF for each point would take longer than all the drawing.
                # PySide6's stubs know neither what a QPolygonF's data is nor what a VoidPtr takes.
                memory: Any = VoidPtr(polygon.data(), stretch.nbytes, True)  # type: ignore[call-arg,arg-type] # noqa: FBT003
                np.frombuffer(memory, np.float64)[:] = stretch.ravel()
                yield polygon

    def _painted_ground(self, size: QSize, ratio: float) -> QPixmap:
        """Ground, grid and axes with their texts."""
        ground = QPixmap(size)
        ground.setDevicePixelRatio(ratio)
        ground.fill(self.roles.color("surface"))
        painter = QPainter(ground)
        area, (left, right) = self.plotted(), self._x
        up = max(2, int(area.height() // 32))
        zero, label = (self._zero_s, around) if self._zero_s is not None else (0.0, ago)
        moments = ticks(left - zero, right - zero, max(2, int(area.width() // 80)))
        below = [(at + zero, label(at)) for at in moments]
        beside = self._scaled(0.0, self._top, self._label, up)
        self._paint_grid(painter, area, [at for at, _ in below], [at for at, _ in beside])
        painter.setFont(tabular(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        for at, text in below:
            place = QRectF(self._across(at, area) - 60, area.bottom(), 120, _AXIS_HEIGHT)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        width = area.left() - _TEXT_OFFSET
        lowest = area.bottom() - 16  # does not reach down to the times
        for at, text in beside:
            place = QRectF(0, min(self._up(at, area) - 10, lowest), width, 20)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, side, text)
        if self._right is not None:
            for at, text in self._scaled(*self._right, up):
                y = min(self._up(at, area) - 10, lowest)
                place = QRectF(area.right() + _TEXT_OFFSET, y, AXIS_WIDTH, 20)
                side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(place, side, text)
        painter.end()
        return ground

    def _paint_grid(
        self, painter: QPainter, area: QRectF, upright: Sequence[float], level: Sequence[float]
    ) -> None:
        grid = self.roles.color("border")
        faint = QColor(grid)
        faint.setAlpha(_GRID_ALPHA)
        painter.setPen(_hairline(faint))
        for at in upright:
            x = self._across(at, area)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for at in level:
            y = self._up(at, area)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(_hairline(grid))
        painter.drawLine(area.topLeft(), area.bottomLeft())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if self._right is not None:
            painter.drawLine(area.topRight(), area.bottomRight())

    def _relabel(self) -> None:
        """Axes are painted anew; only ranges and sizes change them, never scrolling."""
        self._ground = QPixmap()
        self.update()

    def _scaled(
        self, bottom: float, top: float, label: Callable[[float], str], at_most: int
    ) -> Sequence[tuple[float, str]]:
        """Ticks of an axis from `bottom` to `top`, of which a part (0..1) is shown."""
        span = top - bottom
        low, high = self._y
        values = ticks(bottom + low * span, bottom + high * span, at_most)
        return [((value - bottom) / span, label(value)) for value in values]

    def moment_at(self, x: float) -> float:
        """The moment shown at a place of the widget."""
        return self.end_s + self._seconds(x)

    def place_of(self, at_s: float) -> float:
        """Where a moment is shown; outside of `plotted` if it is not on show."""
        return self._across(at_s - self.end_s, self.plotted())

    def height_of(self, share: float) -> float:
        """Where a value in 0..1 is shown."""
        return self._up(share, self.plotted())

    def _across(self, at_s: float, area: QRectF) -> float:
        left, right = self._x
        return area.left() + (at_s - left) / (right - left) * area.width()

    def _up(self, value: float, area: QRectF) -> float:
        low, high = self._y
        return area.bottom() - (value - low) / (high - low) * area.height()

    def _seconds(self, x: float) -> float:
        area, (left, right) = self.plotted(), self._x
        return left + (x - area.left()) / area.width() * (right - left)

    def share_at(self, y: float) -> float:
        """The value shown at a height, in 0..1 of the whole axis."""
        area, (low, high) = self.plotted(), self._y
        return low + (area.bottom() - y) / area.height() * (high - low)


def _hairline(color: QColor) -> QPen:
    """A pen that is one device pixel wide: wider ones are many times slower."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    return pen
