"""The one place that sets pyqtgraph up, and the strip plot that time series are drawn on.

A strip plot shows the last seconds up to now and scrolls by the clock. Its x axis is "seconds
before now", so ranges and tick texts stay as they are while it scrolls and only lines are redrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QGridLayout, QLabel, QWidget

from backend.core.tensors import Array
from gui.views.scales import ticks
from gui.views.view import View
from gui.widgets.language import significant, tr
from gui.widgets.theme import BODY_PX, CAPTION_PX, DARK, Palette, tabular

AXIS_WIDTH, RIGHT_MARGIN = 46, 16
"""Points beside what is plotted, at the left with its axis and at the right without one."""
_AXIS_HEIGHT = 20
_WHEEL_STEP = 1.15
_NARROWEST = 0.02
_EDGE_TEXT = 28
_ROUNDING = 1e-6


@cache
def configure_pyqtgraph() -> None:
    """Settings for every plot of this process; done once, by the first plot."""
    pg.setConfigOptions(antialias=False, imageAxisOrder="row-major")


def hairline(color: QColor) -> QPen:
    """A pen that is one device pixel wide at every zoom: wider ones are many times slower."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    return pen


class _StripBox(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """The wheel zooms time, with Shift the values; dragging moves along."""

    def __init__(self, window_s: float) -> None:
        super().__init__(enableMenu=False)
        self.setLimits(xMin=-window_s, xMax=0, yMin=0, yMax=1, minXRange=1.0, minYRange=_NARROWEST)
        self.disableAutoRange()

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Zoom around the pointer."""
        factor = _WHEEL_STEP ** (-ev.delta() / 120)
        center = self.mapToView(ev.pos())
        along_y = axis == 1 or ev.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self.scaleBy((1, factor) if along_y else (factor, 1), center)
        ev.accept()


class StripPlot(View):
    """Lines over the last `window_s` seconds; every line's values are given in 0..1 of its axis."""

    def __init__(
        self,
        name: str,
        window_s: float,
        label: Callable[[float], str] = significant,
        parent: QWidget | None = None,
        palette: Palette = DARK,
    ) -> None:
        super().__init__(name, parent, palette)
        configure_pyqtgraph()
        self.window_s = window_s
        self._label, self._top = label, 1.0
        self._least = 0.0
        self._right: tuple[float, float, Callable[[float], str]] | None = None
        self._box = _StripBox(window_s)
        self._widget = pg.PlotWidget(viewBox=self._box)
        self._widget.hideButtons()
        self._widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._curves: list[Any] = []
        # Axes with a grid of their own drop the texts at both ends, so the grid is a line here.
        self._grid = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        self._grid.setZValue(-10)
        self._box.addItem(self._grid, ignoreBounds=True)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self._box.addItem(self._cursor, ignoreBounds=True)
        self._notice = QLabel(self)
        self._notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._notice.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._widget, 0, 0)
        layout.addWidget(self._notice, 0, 0)
        self._notice.raise_()
        self._widget.scene().sigMouseMoved.connect(self._point)
        self._box.sigRangeChanged.connect(self._relabel)
        self._box.sigResized.connect(self._relabel)
        self._cursor_s: float | None = None
        self._style_axes()
        self.reset_zoom()
        self.palette_changed()

    @property
    def cursor_s(self) -> float | None:
        """Seconds before now (0 or less) under the pointer, or None while it is elsewhere."""
        return self._cursor_s if self.underMouse() else None

    @property
    def shown_s(self) -> tuple[float, float]:
        """The first and the last moment on show, in seconds before now (0 or less)."""
        (left, right), _ = self._box.viewRange()
        return float(left), float(right)

    @property
    def pixel_s(self) -> float:
        """Seconds that one device pixel shows; moving a line by less cannot be seen."""
        left, right = self.shown_s
        width = max(1.0, float(self._box.width()) * self.devicePixelRatioF())
        return (right - left) / width

    @property
    def notice(self) -> str:
        """The text over the empty axes."""
        return self._notice.text()

    def set_notice(self, text: str) -> None:
        """Write over the empty axes; '' for nothing."""
        if text != self._notice.text():
            self._notice.setText(text)
            self._notice.setVisible(bool(text))

    def set_top(self, top: float) -> None:
        """Let the left axis run from 0 to `top`; lines keep being given in 0..1."""
        if top != self._top:
            self._top = top
            self._relabel()

    def set_left_width(self, width: int) -> None:
        """Give the left axis this many points, so that plots above each other line up."""
        self._widget.getPlotItem().getAxis("left").setWidth(width)

    def set_right_axis(self, low: float, high: float, label: Callable[[float], str]) -> None:
        """Show a second axis at the right for lines in another unit."""
        if self._right is None or self._right[:2] != (low, high):
            self._right = (low, high, label)
            axis = self._widget.getPlotItem().getAxis("right")
            axis.setWidth(AXIS_WIDTH)
            axis.show()
            self._relabel()

    def set_window(self, window_s: float) -> None:
        """Show another number of seconds, all of them."""
        if window_s != self.window_s:
            self.window_s = window_s
            self._box.setLimits(xMin=-window_s)
            self.reset_zoom()

    def clear_right_axis(self) -> None:
        """Take the second axis away."""
        if self._right is not None:
            self._right = None
            self._widget.getPlotItem().showAxis("right", show=False)
            self._relabel()

    def reset_zoom(self) -> None:
        """Show the whole window and the axis from its least value on."""
        self._box.setRange(xRange=(-self.window_s, 0), yRange=(self._least, 1), padding=0)

    def set_least(self, least: float) -> None:
        """Let the axis begin there (0..1), unless the user has zoomed it."""
        if least == self._least:
            return
        _, (low, high) = self._box.viewRange()
        as_it_was = abs(low - self._least) < _ROUNDING and abs(high - 1) < _ROUNDING
        self._least = least
        if as_it_was:
            self._box.setRange(yRange=(least, 1), padding=0)

    def set_line(self, place: int, x: Array, y: Array, joins: Array, color: QColor) -> None:
        """Draw a line: x in seconds before now, y in 0..1, joins[i] whether i meets i + 1."""
        while len(self._curves) <= place:
            # What is given lies within the window already, which is what clipToView would do.
            curve = pg.PlotCurveItem(skipFiniteCheck=True)
            self._box.addItem(curve, ignoreBounds=True)
            self._curves.append(curve)
        self._curves[place].setData(x, y, connect=joins, pen=hairline(color))

    def clear_lines(self, start: int = 0) -> None:
        """Take away the lines from that place on."""
        for curve in self._curves[start:]:
            curve.setData([], [])

    def show_cursor(self) -> None:
        """Move the cursor line to the pointer, or hide it."""
        at = self.cursor_s
        if at is None:
            self._cursor.hide()
        else:
            self._cursor.setPos(at)
            self._cursor.show()

    def palette_changed(self) -> None:
        """Colour axes, grid and texts."""
        roles = self.roles
        self._widget.setBackground(roles.color("surface"))
        grid = roles.color("border")
        faint = roles.color("border")
        faint.setAlpha(150)
        self._grid.setPen(hairline(faint))
        for side in ("left", "bottom", "right"):
            axis = self._widget.getPlotItem().getAxis(side)
            axis.setPen(hairline(grid))
            axis.setTickPen(hairline(grid))
            axis.setTextPen(hairline(roles.color("text_muted")))
        self._cursor.setPen(hairline(roles.color("text_muted")))
        self._notice.setStyleSheet(f"color: {roles.text_muted}; font-size: {BODY_PX}px;")

    def _style_axes(self) -> None:
        font = tabular(self.font(), CAPTION_PX)
        item = self._widget.getPlotItem()
        item.setContentsMargins(0, 8, RIGHT_MARGIN, 0)
        item.showAxis("right", show=False)
        for side in ("left", "bottom", "right"):
            axis = item.getAxis(side)
            axis.enableAutoSIPrefix(enable=False)
            axis.setTickFont(font)
            axis.setStyle(tickLength=0, tickTextOffset=6, autoExpandTextSpace=False)
            # The range is fixed, so the texts at both ends are part of the picture.
            axis.setStyle(hideOverlappingLabels=_EDGE_TEXT)
        item.getAxis("left").setWidth(AXIS_WIDTH)
        item.getAxis("bottom").setHeight(_AXIS_HEIGHT)

    def _relabel(self, *_changed: object) -> None:
        """Write the tick texts; only ranges and sizes change them, never scrolling."""
        (left, right), (low, high) = self._box.viewRange()
        item = self._widget.getPlotItem()
        across = max(2, int(self._box.width() // 80))
        up = max(2, int(self._box.height() // 32))
        below = [(at, _ago(at)) for at in ticks(left, right, across)]
        beside = self._scaled(low, high, 0.0, self._top, self._label, up)
        item.getAxis("bottom").setTicks([below])
        item.getAxis("left").setTicks([beside])
        upright = [(at, end) for at, _ in below for end in (low, high)]
        level = [(end, at) for at, _ in beside for end in (left, right)]
        self._grid.setData(*np.array([*upright, *level], dtype=float).reshape(-1, 2).T)
        if self._right is not None:
            item.getAxis("right").setTicks([self._scaled(low, high, *self._right, up)])

    @staticmethod
    def _scaled(
        low: float,
        high: float,
        bottom: float,
        top: float,
        label: Callable[[float], str],
        at_most: int,
    ) -> Sequence[tuple[float, str]]:
        """Ticks of an axis from `bottom` to `top`, of which the part low..high (0..1) is shown."""
        span = top - bottom
        values = ticks(bottom + low * span, bottom + high * span, at_most)
        return [((value - bottom) / span, label(value)) for value in values]

    def _point(self, position: QPointF) -> None:
        at = float(self._box.mapSceneToView(position).x())
        self._cursor_s = at if -self.window_s <= at <= 0 else None


def _ago(at_s: float) -> str:
    """A place on the time axis."""
    return tr("now") if abs(at_s) < 1e-9 else f"−{significant(-at_s)} s"
