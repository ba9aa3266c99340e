"""The latency of every answer of the last seconds, a dot each, one of which is chosen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.views.plots.frame_times import RecentFrames
from gui.views.plots.stage_report import WINDOW_S
from gui.views.scales import milliseconds, round_up
from gui.views.view import View
from gui.widgets.language import number, tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, Palette, tabular

_AXIS = 56.0
_BELOW = 18.0
_DOT, _RING = 2.0, 6.0
_BACK, _ON = Qt.Key.Key_Left, Qt.Key.Key_Right
_FIRST, _LAST = Qt.Key.Key_Home, Qt.Key.Key_End
_CURSORS = {Qt.Key.Key_A: "A", Qt.Key.Key_B: "B"}


class LatencyDots(View):
    """A click, or Left, Right, Home and End, choose a frame; A and B, or Ctrl and a click, put a
    cursor at one, and Esc takes them away."""

    picked = Signal(int)
    """The place of the frame chosen."""
    cursor_wanted = Signal(str, float)
    """The name of a cursor, '' for the next one, and the moment that it is wanted at."""
    cursors_unwanted = Signal()
    keys = frozenset({_BACK, _ON, _FIRST, _LAST, *_CURSORS})

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Latency of single frames"), parent, palette)
        self._recent: RecentFrames | None = None
        self._chosen = 0
        self.has_cursors = False
        """Whether Esc is for them."""
        self.setMinimumSize(260, 120)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """As wide as what stands below it."""
        return QSize(520, 150)

    @property
    def chosen(self) -> int:
        """The place of the frame with the ring."""
        return self._chosen

    @property
    def summary(self) -> str:
        """Which of how many is chosen."""
        if self._recent is None:
            return ""
        frame = self._recent.frames[self._chosen]
        return tr(
            "frame {place} of {count}: {time}",
            place=self._chosen + 1,
            count=len(self._recent.frames),
            time=milliseconds(frame.latency),
        )

    def show_frames(self, recent: RecentFrames, chosen: int) -> None:
        """Show these, with a ring around one."""
        self._recent = recent
        self.choose(chosen)

    def choose(self, place: int) -> None:
        """Put the ring around another one, the last or the first beyond the ends."""
        if self._recent is None:
            return
        self._chosen = min(max(place, 0), len(self._recent.frames) - 1)
        self.describe()
        self.update()
        self.picked.emit(self._chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go along the frames in time."""
        last = len(self._recent.frames) - 1 if self._recent is not None else 0
        steps = {_BACK: self._chosen - 1, _ON: self._chosen + 1, _FIRST: 0, _LAST: last}
        key = Qt.Key(event.key())
        place = steps.get(key)
        if place is not None:
            self.choose(place)
        elif key in _CURSORS and self._recent is not None:
            self.cursor_wanted.emit(_CURSORS[key], self._recent.frames[self._chosen].at_s)
        elif key == Qt.Key.Key_Escape and self.has_cursors:
            self.cursors_unwanted.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the nearest dot; with Ctrl, ask for a cursor."""
        if self._recent is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.cursor_wanted.emit("", self.moment_at(event.position().x()))
            return
        at = event.position()
        places = [self._at(place) for place in range(len(self._recent.frames))]

        def away(place: int) -> float:
            offset = places[place] - at
            return QPointF.dotProduct(offset, offset)

        self.choose(min(range(len(places)), key=away))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint axes and dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if self._recent is None:
            return
        self._paint_axes(painter)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.roles.color("accent"))
        for place in range(len(self._recent.frames)):
            painter.drawEllipse(self._at(place), _DOT, _DOT)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.roles.color("text"), 1.5))
        painter.drawEllipse(self._at(self._chosen), _RING, _RING)

    def _paint_axes(self, painter: QPainter) -> None:
        assert self._recent is not None
        field, top = self._field(), self._top()
        painter.setFont(tabular(self.font(), CAPTION_PX))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in (0.0, top / 2, top):
            y = field.bottom() - value / top * field.height()
            painter.setPen(QPen(self.roles.color("border"), 1))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(self.roles.color("text_muted"))
            painter.drawText(
                QRectF(0, y - 8, _AXIS - GAP, 16), right, milliseconds(value) if value else "0"
            )
        median = field.bottom() - self._recent.median.latency / top * field.height()
        painter.setPen(QPen(self.roles.color("text_muted"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(field.left(), median), QPointF(field.right(), median))
        below = QRectF(field.left(), field.bottom() + 2, field.width(), _BELOW - 2)
        painter.setPen(self.roles.color("text_muted"))
        ago = tr("{seconds} s ago", seconds=number(WINDOW_S))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, ago)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, tr("when it was opened"))

    # -- what lies over it ---------------------------------------------------------------------

    def plotted(self) -> QRectF:
        """Where the dots are."""
        return self._field()

    def moment_at(self, x: float) -> float:
        """The moment of the frame that is nearest to a place of the widget."""
        if self._recent is None:
            return 0.0
        field = self._field()
        share = (x - field.left()) / max(1.0, field.width())
        at_s = self._recent.now_s - (1 - share) * WINDOW_S
        return min((frame.at_s for frame in self._recent.frames), key=lambda each: abs(each - at_s))

    def place_of(self, at_s: float) -> float:
        """Where a moment is shown."""
        field = self._field()
        if self._recent is None:
            return field.left()
        return field.left() + self._share_of(at_s) * field.width()

    def _share_of(self, at_s: float) -> float:
        assert self._recent is not None
        return 1 - min(max((self._recent.now_s - at_s) / WINDOW_S, 0.0), 1.0)

    def _field(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_AXIS, 2 * GAP, -GAP, -_BELOW)

    def _top(self) -> float:
        assert self._recent is not None
        return round_up(max(frame.latency for frame in self._recent.frames))

    def _at(self, place: int) -> QPointF:
        assert self._recent is not None
        field, frame = self._field(), self._recent.frames[place]
        height = max(0.0, frame.latency) / self._top()
        return QPointF(self.place_of(frame.at_s), field.bottom() - height * field.height())
