"""The track of a file: where it is, and the stretch that is repeated."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.sources.playback import PlaybackStatus
from gui.widgets.theme import CONTROL_HEIGHT, GAP, Palette

_LINE, _KNOB = 4.0, 6.0
_PAGE = 0.1


class Track(QWidget):
    """Shows a PlaybackStatus; pressing, dragging and keys ask for another place."""

    sought = Signal(float)
    """The place that the user wants, in seconds."""
    stepped = Signal(int)
    """By the arrow keys: one item on, or back."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._status = PlaybackStatus()
        self._held: float | None = None
        self.setEnabled(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As high as the controls beside it."""
        return QSize(240, CONTROL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Still wide enough to be dragged."""
        return QSize(80, CONTROL_HEIGHT)

    def show_status(self, status: PlaybackStatus) -> None:
        """Where the file is; while it is dragged the hand says where."""
        if status != self._status:
            self._status = status
            self.update()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def x_of(self, at_s: float) -> float:
        """Where a moment lies."""
        room = max(1.0, self.width() - 2.0 * GAP)
        duration = self._status.duration_s
        return GAP + room * min(max(at_s / duration, 0.0), 1.0) if duration else float(GAP)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there at once."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._hold(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self._held is not None:
            self._hold(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """The file says again where it is."""
        self._held = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, page keys go a tenth, Home and End to the ends."""
        status = self._status
        here, whole = status.position_s, status.duration_s
        match event.key():
            case Qt.Key.Key_Left:
                self.stepped.emit(-1)
            case Qt.Key.Key_Right:
                self.stepped.emit(1)
            case Qt.Key.Key_PageDown:
                self.sought.emit(max(0.0, here - _PAGE * whole))
            case Qt.Key.Key_PageUp:
                self.sought.emit(min(whole, here + _PAGE * whole))
            case Qt.Key.Key_Home:
                self.sought.emit(0.0)
            case Qt.Key.Key_End:
                self.sought.emit(whole)
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the line, the stretch, what was played, and the knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        here = self._status.position_s if self._held is None else self._held
        start, end = self.x_of(0.0), self.width() - float(GAP)
        self._paint_line(painter, start, end, "border")
        role = "accent" if self.isEnabled() else "border"
        span = self._status.span
        if span is not None:
            first, last = self.x_of(span[0]), self.x_of(span[1])
            self._paint_line(painter, first, last, "text_muted")
            for edge in (first, last):
                painter.drawRect(QRectF(edge - 1.0, self.height() / 2 - 7.0, 2.0, 14.0))
            start = first
        knob = self.x_of(here)
        if self.isEnabled() and knob > start:
            self._paint_line(painter, start, knob, role)
        painter.setBrush(self._roles.color(role))
        painter.drawEllipse(QPointF(knob, self.height() / 2), _KNOB, _KNOB)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._roles.color("text"))
            painter.drawEllipse(QPointF(knob, self.height() / 2), _KNOB + 1.5, _KNOB + 1.5)

    def _paint_line(self, painter: QPainter, first: float, last: float, role: str) -> None:
        painter.setBrush(self._roles.color(role))
        top = (self.height() - _LINE) / 2
        painter.drawRoundedRect(QRectF(first, top, max(0.0, last - first), _LINE), 2.0, 2.0)

    def _hold(self, point: QPointF) -> None:
        room = max(1.0, self.width() - 2.0 * GAP)
        share = min(max((point.x() - GAP) / room, 0.0), 1.0)
        self._held = share * self._status.duration_s
        self.update()
        self.sought.emit(self._held)
