"""What lies over a plot: cursors, a trigger's moment and level, and that time stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.views.contrast import readable_on
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP_SMALL, Palette, sized

_REACH = 5.0
_TAG = 15.0
_HANDLE = 12.0
_HALO = 3.0
_FRAME = 2.0


@dataclass(frozen=True, slots=True)
class CursorMark:
    """A cursor by its name, at a moment of the plot's clock."""

    name: str
    at_s: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """`level` is in 0..1 of the plot's axis, `fired_s` the moment of a trigger; `frozen` says that
    time stands still."""

    cursors: tuple[CursorMark, ...] = ()
    level: float | None = None
    fired_s: float | None = None
    frozen: bool = False

    def __bool__(self) -> bool:
        return self != Marks()


class TimePlot(Protocol):
    """A plot with time along it."""

    def plotted(self) -> QRectF:
        """Where its lines are."""
        ...

    def moment_at(self, x: float) -> float:
        """The moment shown at a place of the widget."""
        ...

    def place_of(self, at_s: float) -> float:
        """Where a moment is shown."""
        ...


class LevelAxis(Protocol):
    """The axis that a level is on."""

    def share_at(self, y: float) -> float:
        """The value in 0..1 at a height."""
        ...

    def height_of(self, share: float) -> float:
        """Where a value in 0..1 is shown."""
        ...


class MarksOver(View):
    """Lies over a plot while there are marks, and is hidden, thus free, while there are none.

    Dragging a cursor or the level says where to; what is not theirs goes to the plot.
    """

    cursor_dragged = Signal(str, float)
    """Name, and the moment that it is at."""
    level_dragged = Signal(float)
    """The level in 0..1 of the axis."""

    def __init__(
        self,
        plot: TimePlot,
        over: QWidget,
        palette: Palette = DARK,
        levels: LevelAxis | None = None,
    ) -> None:
        super().__init__(tr("Cursors and trigger"), over, palette)
        self._plot, self._levels = plot, levels
        self._marks = Marks()
        self._held = ""
        layout = QVBoxLayout(over)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self)
        self.setMouseTracking(True)
        self.hide()

    @property
    def marks(self) -> Marks:
        """What is drawn."""
        return self._marks

    def show_marks(self, marks: Marks) -> None:
        """Draw these."""
        if marks != self._marks:
            self._marks = marks
            self.setVisible(bool(marks))
            self.update()

    # -- what the user does --------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of what is there."""
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.button() is Qt.MouseButton.LeftButton and plain:
            self._held = self._at(event.position())
        if self._held:
            self._drag(event.position())
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it, or show that it can be dragged."""
        if self._held:
            self._drag(event.position())
            return
        shapes = {"": Qt.CursorShape.ArrowCursor, "level": Qt.CursorShape.SizeVerCursor}
        self.setCursor(shapes.get(self._at(event.position()), Qt.CursorShape.SizeHorCursor))
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if not self._held:
            event.ignore()
        self._held = ""

    def _drag(self, to: QPointF) -> None:
        area = self._plot.plotted()
        if self._held == "level" and self._levels is not None:
            y = min(max(to.y(), area.top()), area.bottom())
            self.level_dragged.emit(self._levels.share_at(y))
        else:
            x = min(max(to.x(), area.left()), area.right())
            self.cursor_dragged.emit(self._held, self._plot.moment_at(x))

    def _at(self, place: QPointF) -> str:
        """The name of the cursor there, `level`, or '' for nothing."""
        area = self._plot.plotted()
        level_y = self._level_y()
        if level_y is not None and place.x() >= area.right() - _HANDLE:
            away = abs(place.y() - level_y)
            if away <= _HANDLE / 2 + 2:
                return "level"
        if not area.contains(place):
            return ""
        near = {
            cursor.name: abs(self._plot.place_of(cursor.at_s) - place.x())
            for cursor in self._marks.cursors
        }
        name = min(near, key=lambda each: near[each], default="")
        return name if name and near[name] <= _REACH else ""

    def _level_y(self) -> float | None:
        """The height of the level, None where there is none."""
        level = self._marks.level
        return None if level is None or self._levels is None else self._levels.height_of(level)

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The trigger first, the cursors over it."""
        painter = QPainter(self)
        painter.setFont(sized(self.font(), CAPTION_PX, bold=True))
        area = self._plot.plotted()
        if self._marks.frozen:
            self._paint_frozen(painter, area)
        if (level_y := self._level_y()) is not None:
            self._paint_level(painter, area, level_y)
        if self._marks.fired_s is not None:
            x = self._plot.place_of(self._marks.fired_s)
            self._paint_upright(painter, area, x, "T", "text", Qt.PenStyle.DashLine)
        for cursor in self._marks.cursors:
            role = "accent" if cursor.chosen else "text_muted"
            x = self._plot.place_of(cursor.at_s)
            self._paint_upright(painter, area, x, cursor.name, role, Qt.PenStyle.SolidLine)

    def _paint_frozen(self, painter: QPainter, area: QRectF) -> None:
        """A frame, and a plate on the scale of time, where it covers no line."""
        color, text = self.roles.color("warning"), tr("Frozen")
        painter.setPen(QPen(color, _FRAME))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        wide = painter.fontMetrics().horizontalAdvance(text) + 2 * GAP_SMALL
        right = min(area.right() + wide / 2, self.width())
        plate = QRectF(right - wide, area.bottom() + _FRAME, wide, _TAG)
        painter.fillRect(plate, color)
        painter.setPen(readable_on(color))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_upright(
        self, painter: QPainter, area: QRectF, x: float, name: str, role: str, style: Qt.PenStyle
    ) -> None:
        """A line with its name at the upper end, kept within the plot."""
        if not area.left() - 1 <= x <= area.right() + 1:
            return
        color = self.roles.color(role)
        line = QLineF(x, area.top(), x, area.bottom() - 1)
        painter.setPen(QPen(self.roles.color("surface"), _HALO))  # on lines of the same colour too
        painter.drawLine(line)
        painter.setPen(_hairline(color, style))
        painter.drawLine(line)
        left = min(max(x - _TAG / 2, area.left()), area.right() - _TAG)
        tag = QRectF(left, area.top(), _TAG, _TAG)
        painter.fillRect(tag, color)
        painter.setPen(self.roles.color("on_accent" if role == "accent" else "surface"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_level(self, painter: QPainter, area: QRectF, y: float) -> None:
        """A line across, with a handle at its right end."""
        if not area.top() - 1 <= y <= area.bottom() + 1:
            return
        color = self.roles.color("text")
        painter.setPen(_hairline(color, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        half, right = _HANDLE / 2, area.right()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        tip = QPointF(right - _HANDLE, y)
        painter.drawPolygon(QPolygonF([tip, QPointF(right, y - half), QPointF(right, y + half)]))


def _hairline(color: QColor, style: Qt.PenStyle) -> QPen:
    pen = QPen(color, 1, style)
    pen.setCosmetic(True)
    return pen
