"""Curves in pyqtgraph: logarithmic axes that zoom and move, and the values under the pointer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.compare.curves import Axes, Curve, axis_values
from gui.widgets.theme import BODY_PX, CAPTION_PX, GAP, Palette, sized, tabular

_DOT, _RING, _POINTED = 7, 16, 12
_NEAR = 32.0
"""Pixels from a point within which the pointer means it."""
_TICK_WIDTH, _TICK_HEIGHT = 76.0, 28.0
_BOTH = (True, True)
_MARGIN = 0.08
"""Of the plot beside the outermost points: an axis leaves out a text that is cut."""
_FARTHEST = 1.0
"""Decades beyond the data that can be moved or zoomed to."""
_CLOSEST = 0.02
"""Decades that fill the plot at the closest zoom: five per cent of a value."""


def line_pen(curve: Curve, palette: Palette) -> QPen:
    """What the line of a curve is drawn with."""
    pen = QPen(palette.series_color(curve.hue), 2)
    pen.setCosmetic(True)
    if curve.dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


class CurvePlot(QWidget):
    """Draws curves; `pointed` gives curve and point under the pointer, -1 twice for none.

    The wheel zooms at the pointer (over an axis: that axis), dragging moves, a double click shows
    everything again.
    """

    pointed = Signal(int, int)
    clicked = Signal(int, int)
    """Curve and point that were clicked."""
    zoomed = Signal(bool)
    """Whether something else than everything is shown."""

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles = palette
        self._curves: tuple[Curve, ...] = ()
        self._hidden: frozenset[int] = frozenset()
        self._axes: Axes | None = None
        self._at = (-1, -1)
        self._zoomed = False
        self.canvas = pg.PlotWidget(self)
        self.canvas.setFrameShape(self.canvas.Shape.NoFrame)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        item = self.canvas.getPlotItem()
        item.setLogMode(*_BOTH)
        item.setMenuEnabled(False)
        item.hideButtons()
        item.layout.setContentsMargins(GAP, GAP, GAP, GAP)
        self._box = item.getViewBox()
        self._left, self._bottom = item.getAxis("left"), item.getAxis("bottom")
        for axis in (self._left, self._bottom):
            axis.enableAutoSIPrefix(enable=False)
        self._box.setDefaultPadding(_MARGIN)
        self._ring = pg.ScatterPlotItem(size=_POINTED, pxMode=True)
        self._label = pg.TextItem(anchor=(0, 1))
        for mark in (self._ring, self._label):
            mark.setZValue(10)
        self._box.sigRangeChanged.connect(self._show_values)
        self._box.sigResized.connect(self._show_values)
        self._box.sigStateChanged.connect(self._tell_zoomed)
        self.canvas.scene().sigMouseMoved.connect(self._point)
        self.canvas.scene().sigMouseClicked.connect(self._click)
        self.canvas.viewport().installEventFilter(self)

    # -- what is shown -------------------------------------------------------------------------

    def show_curves(self, curves: Sequence[Curve], axes: Axes) -> None:
        """Draw these; what was zoomed to stays in view."""
        self._curves, self._axes = tuple(curves), axes
        self._draw()

    def hide_curves(self, hidden: frozenset[int]) -> None:
        """Leave out those of these numbers."""
        self._hidden = hidden
        self._draw()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._draw()

    def reset(self) -> None:
        """Show everything."""
        self._box.enableAutoRange()
        self._box.updateAutoRange()

    @property
    def visible_points(self) -> list[tuple[int, int]]:
        """Curve and point of everything drawn, in order."""
        return [
            (number, place)
            for number, curve in enumerate(self._curves)
            if number not in self._hidden
            for place, point in enumerate(curve.points)
            if min(point) > 0
        ]

    def point_at(self, number: int, place: int) -> None:
        """Mark a point and write its values beside it; -1 for none."""
        if (number, place) not in self.visible_points:
            number = place = -1
        changed = (number, place) != self._at
        self._at = (number, place)
        if changed:
            self._show_pointed()
            self.pointed.emit(number, place)

    def text_of(self, number: int, place: int) -> str:
        """A point in words."""
        assert self._axes is not None
        curve = self._curves[number]
        x, y = curve.points[place]
        parts = [
            curve.name,
            f"{self._axes.x}: {self._axes.x_text(x)}",
            f"{self._axes.y}: {self._axes.y_text(y)}",
            *curve.notes[place : place + 1],
        ]
        return "\n".join(parts)

    # -- drawing -------------------------------------------------------------------------------

    def _draw(self) -> None:
        if self._axes is None:
            return
        self._paint_axes(self._axes)
        self._box.clear()
        for number, curve in enumerate(self._curves):
            if number not in self._hidden:
                self._draw_curve(curve)
        for mark in (self._ring, self._label):
            self._box.addItem(mark, ignoreBounds=True)
        if self._at not in self.visible_points:
            self.point_at(-1, -1)
        self._limit()
        self._box.updateAutoRange()
        self._show_values()
        self._show_pointed()

    def _paint_axes(self, axes: Axes) -> None:
        self.canvas.setBackground(self._roles.color("surface"))
        faint, muted = self._roles.color("border"), self._roles.color("text_muted")
        for axis, title in ((self._left, axes.y), (self._bottom, axes.x)):
            axis.setPen(faint)
            axis.setTickPen(faint)
            axis.setTextPen(muted)
            axis.setTickFont(tabular(self.font(), CAPTION_PX))
            axis.setGrid(160)
            axis.setLabel(title, color=muted.name(), **{"font-size": f"{CAPTION_PX}px"})
            axis.label.setFont(sized(self.font(), CAPTION_PX))

    def _draw_curve(self, curve: Curve) -> None:
        color = self._roles.series_color(curve.hue)
        points = [point for point in curve.points if min(point) > 0]
        item = pg.PlotDataItem(
            [x for x, _ in points],
            [y for _, y in points],
            pen=line_pen(curve, self._roles),
            symbol="o",
            symbolSize=_DOT,
            symbolBrush=color,
            symbolPen=None,
            antialias=True,
        )
        item.setLogMode(*_BOTH)
        self._box.addItem(item)
        if curve.knee >= 0 and min(curve.points[curve.knee]) > 0:
            ring = pg.ScatterPlotItem(
                [{"pos": _logarithms(curve.points[curve.knee])}],
                size=_RING,
                pen=pg.mkPen(self._roles.color("text"), width=1.5),
                brush=QColor(0, 0, 0, 0),
                antialias=True,
            )
            self._box.addItem(ring, ignoreBounds=True)

    def _limit(self) -> None:
        """Nobody gets lost: what can be shown ends a decade beyond the data."""
        points = [_logarithms(self._curves[n].points[p]) for n, p in self.visible_points]
        if not points:
            return
        xs, ys = zip(*points, strict=True)
        self._box.setLimits(
            xMin=min(xs) - _FARTHEST,
            xMax=max(xs) + _FARTHEST,
            yMin=min(ys) - _FARTHEST,
            yMax=max(ys) + _FARTHEST,
            minXRange=_CLOSEST,
            minYRange=_CLOSEST,
        )

    @Slot()
    def _show_values(self, *_: object) -> None:
        """Write round values at the axes, as many as there is room for."""
        if self._axes is None:
            return
        measured: list[float] = []
        if self._axes.measured_x:
            measured = sorted({self._curves[n].points[p][0] for n, p in self.visible_points})
        for axis, span, room, values, text in (
            (self._bottom, 0, self._box.width() / _TICK_WIDTH, measured, self._axes.x_text),
            (self._left, 1, self._box.height() / _TICK_HEIGHT, (), self._axes.y_text),
        ):
            low, high = (10.0**end for end in self._box.viewRange()[span])
            found = axis_values(low, high, max(2, int(room)), values)
            # Closer than their texts tell apart, one stands for all.
            written = {text(value): math.log10(value) for value in found}
            axis.setTicks([[(at, words) for words, at in written.items()]])

    # -- the pointer ---------------------------------------------------------------------------

    @Slot(object)
    def _point(self, place: QPointF) -> None:
        def distance(each: tuple[int, int]) -> float:
            at = self._in_scene(each)
            return math.hypot(at.x() - place.x(), at.y() - place.y())

        nearest = min(self.visible_points, key=distance, default=(-1, -1))
        if nearest == (-1, -1) or distance(nearest) > _NEAR:
            nearest = (-1, -1)
        self.point_at(*nearest)

    @Slot(object)
    def _click(self, event: MouseClickEvent) -> None:
        """What the pointer means is clicked."""
        if self._at[0] >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit(*self._at)

    def _in_scene(self, each: tuple[int, int]) -> QPointF:
        point = QPointF(*_logarithms(self._curves[each[0]].points[each[1]]))
        return QPointF(self._box.mapViewToScene(point))

    def _show_pointed(self) -> None:
        number, place = self._at
        for mark in (self._ring, self._label):
            mark.setVisible(number >= 0)
        if number < 0:
            return
        curve = self._curves[number]
        at = _logarithms(curve.points[place])
        self._ring.setData([{"pos": at}])
        self._ring.setPen(pg.mkPen(self._roles.color("surface"), width=2))
        self._ring.setBrush(self._roles.series_color(curve.hue))
        self._label.setFont(tabular(self.font(), BODY_PX))
        self._label.setText(self.text_of(number, place), self._roles.color("text"))
        self._label.fill = pg.mkBrush(self._roles.color("surface_raised"))
        self._label.border = pg.mkPen(self._roles.color("border"))
        # Towards the middle, where there is room for it.
        middle = self._box.sceneBoundingRect().center()
        scene = self._in_scene((number, place))
        right, low = scene.x() > middle.x(), scene.y() > middle.y()
        self._label.setAnchor((1.08 if right else -0.08, 1.15 if low else -0.15))
        self._label.setPos(*at)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click shows everything; without a pointer, nothing is under it."""
        if event.type() is QEvent.Type.Leave:
            self.point_at(-1, -1)
        elif event.type() is QEvent.Type.MouseButtonDblClick:
            self.reset()
        return super().eventFilter(watched, event)

    @Slot()
    def _tell_zoomed(self, *_: object) -> None:
        zoomed = not all(self._box.autoRangeEnabled())
        if zoomed != self._zoomed:
            self._zoomed = zoomed
            self.zoomed.emit(zoomed)


def _logarithms(point: tuple[float, float]) -> tuple[float, float]:
    return math.log10(point[0]), math.log10(point[1])
