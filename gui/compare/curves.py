"""How a figure grows with the number in flight or the size of the payload: a line for each way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from backend.compare.bench import BenchResult, CellResult, knee
from gui.compare.charts import HUES
from gui.views.scales import milliseconds, short
from gui.views.view import View
from gui.widgets.language import byte_size, number, tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, GAP_SMALL, Palette, sized, tabular

_LEFT, _BOTTOM, _LEGEND = 62.0, 22.0, 18.0
_RIGHT = 40.0
"""Half of the last value's text stands beyond the axis."""
_RING = 8.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A way's points, x rising; `knee` is the place of the one that is enough, -1 for none."""

    name: str
    hue: int
    points: tuple[tuple[float, float], ...]
    knee: int = -1
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """What the axes are called and how their values are written; both are logarithmic."""

    x: str
    y: str
    x_text: Callable[[float], str]
    y_text: Callable[[float], str]


class CurveChart(View):
    """Lines over logarithmic axes, so that what doubles with each step is a straight line."""

    def __init__(self, name: str, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(name, parent, palette)
        self._curves: tuple[Curve, ...] = ()
        self._axes = Axes("", "", short, short)
        self.setMinimumSize(260, 180)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is shown."""
        return self._curves

    @property
    def summary(self) -> str:
        """Each way and where it ends."""
        return "; ".join(
            f"{curve.name}: {self._axes.y_text(curve.points[-1][1])}" for curve in self._curves
        )

    def show_curves(self, curves: Sequence[Curve], axes: Axes) -> None:
        """Show these."""
        self._curves, self._axes = tuple(curves), axes
        self.describe()
        self.update()

    def sizeHint(self) -> QSize:
        """A plot of ordinary size."""
        return QSize(480, 260)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Legend, axes, lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if not self._curves:
            return
        legend = _LEGEND * len(self._curves)
        field = QRectF(self.rect()).adjusted(
            _LEFT, GAP + legend + _LEGEND, -_RIGHT, -_BOTTOM - _LEGEND
        )
        self._paint_legend(painter)
        self._paint_axes(painter, field)
        for curve in self._curves:
            self._paint_curve(painter, curve, field)

    def _limits(self, axis: int) -> tuple[float, float]:
        values = [
            point[axis] for curve in self._curves for point in curve.points if point[axis] > 0
        ]
        low, high = min(values, default=1.0), max(values, default=1.0)
        return (low / 1.3, high * 1.3) if axis else (low, max(high, low * 2))

    def _at(self, point: tuple[float, float], field: QRectF) -> QPointF:
        shares = []
        for axis in (0, 1):
            low, high = (math.log10(each) for each in self._limits(axis))
            shares.append((math.log10(max(point[axis], 1e-9)) - low) / (high - low))
        return QPointF(
            field.left() + shares[0] * field.width(), field.bottom() - shares[1] * field.height()
        )

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(sized(self.font(), CAPTION_PX))
        for index, curve in enumerate(self._curves):
            y = GAP + index * _LEGEND
            painter.setPen(self._pen(curve))
            painter.drawLine(QPointF(_LEFT, y + 8), QPointF(_LEFT + 18, y + 8))
            painter.setPen(self.roles.color("text_muted"))
            text = curve.name
            if curve.knee >= 0:
                x, y_value = curve.points[curve.knee]
                enough = tr("{count} in flight is enough", count=number(x))
                text = f"{text}: {enough}, {self._axes.y_text(y_value)}"
            painter.drawText(QRectF(_LEFT + 26, y, self.width() - _LEFT - 26, 16), 0, text)

    def _paint_axes(self, painter: QPainter, field: QRectF) -> None:
        painter.setFont(tabular(self.font(), CAPTION_PX))
        muted, border = self.roles.color("text_muted"), self.roles.color("border")
        for x in sorted({point[0] for curve in self._curves for point in curve.points}):
            at = self._at((x, self._limits(1)[0]), field).x()
            painter.setPen(QPen(border, 1))
            painter.drawLine(QPointF(at, field.top()), QPointF(at, field.bottom()))
            painter.setPen(muted)
            place = QRectF(at - 40, field.bottom() + GAP_SMALL, 80, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, self._axes.x_text(x))
        for y in _decades(*self._limits(1)):
            at = self._at((self._limits(0)[0], y), field).y()
            painter.setPen(QPen(border, 1))
            painter.drawLine(QPointF(field.left(), at), QPointF(field.right(), at))
            painter.setPen(muted)
            place = QRectF(0, at - 8, _LEFT - GAP_SMALL, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, self._axes.y_text(y))
        painter.drawText(QRectF(GAP, field.top() - 20, 300, 16), 0, self._axes.y)
        below = QRectF(field.left(), field.bottom() + _BOTTOM, field.width(), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self._axes.x)

    def _paint_curve(self, painter: QPainter, curve: Curve, field: QRectF) -> None:
        places = [self._at(point, field) for point in curve.points]
        painter.setPen(self._pen(curve))
        for one, other in itertools.pairwise(places):
            painter.drawLine(one, other)
        color = self.roles.series_color(curve.hue)
        painter.setBrush(color)
        painter.setPen(Qt.PenStyle.NoPen)
        for place in places:
            painter.drawEllipse(place, 3, 3)
        if curve.knee >= 0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.roles.color("text"), 1.5))
            painter.drawEllipse(places[curve.knee], _RING, _RING)

    def _pen(self, curve: Curve) -> QPen:
        pen = QPen(self.roles.series_color(curve.hue), 2)
        if curve.dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen


def throughput(result: BenchResult) -> tuple[list[Curve], Axes]:
    """Answers a second over the number in flight, with each way's knee."""
    axes = Axes(tr("requests in flight"), tr("answers a second"), number, short)
    curves = []
    for name, cells in _ways(result, by_payload=True).items():
        ordered = sorted(cells, key=lambda cell: cell.cell.in_flight)
        points = tuple((cell.cell.in_flight, cell.figure("rate") or 0.0) for cell in ordered)
        enough = knee(ordered)
        place = -1 if enough is None else ordered.index(enough)
        curves.append(_curve(name, ordered[0], points, place))
    return [curve for curve in curves if len(curve.points) > 1], axes


def cost_by_size(result: BenchResult) -> tuple[list[Curve], Axes]:
    """Median latency over the size of the payload."""
    sizes = result.conditions.payloads
    axes = Axes(
        tr("size of the payload"), tr("median latency"), lambda x: byte_size(round(x)), milliseconds
    )
    curves = []
    for name, cells in _ways(result, by_payload=False).items():
        ordered = sorted(cells, key=lambda cell: sizes[cell.cell.payload])
        points = tuple(
            (float(sizes[cell.cell.payload]), cell.figure("p50_ms") or 0.0) for cell in ordered
        )
        curves.append(_curve(name, ordered[0], points))
    return [curve for curve in curves if len(curve.points) > 1], axes


def _curve(
    name: str, cell: CellResult, points: tuple[tuple[float, float], ...], place: int = -1
) -> Curve:
    plain = str(cell.cell.serialization) in ("raw", "binary")
    return Curve(name, HUES[cell.cell.transport], points, place, dashed=not plain)


def _ways(result: BenchResult, *, by_payload: bool) -> dict[str, list[CellResult]]:
    """The measured cells of each way that differ in one thing only."""
    several = by_payload and len(result.conditions.payloads) > 1
    flights = len({cell.cell.in_flight for cell in result.cells}) > 1
    found: dict[str, list[CellResult]] = {}
    for cell in result.cells:
        if cell.measured:
            name = f"{cell.cell.way}, {cell.cell.payload}" if several else cell.cell.way
            if not by_payload and flights:
                name = f"{name}, × {cell.cell.in_flight}"
            found.setdefault(name, []).append(cell)
    return found


def _decades(low: float, high: float) -> list[float]:
    """Round values between the limits, few enough to be read."""
    for steps in ((1, 2, 5), (1,)):
        values = [step * 10.0**power for power in range(-4, 9) for step in steps]
        inside = [value for value in values if low <= value <= high]
        if 1 < len(inside) <= 8:
            return inside
    return [low, high]
