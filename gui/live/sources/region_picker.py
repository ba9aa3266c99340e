"""A picture of the screen to draw a rectangle on: the region to stream."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QWidget

from gui.devices import Region
from gui.widgets.language import tr
from gui.widgets.theme import GAP, TITLE_PX, Palette, sized

_SMALLEST = 16
"""Points along each side; less is a slip of the hand."""
_VEIL = QColor(0, 0, 0, 120)
_ARROWS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}
_STEP = 8
_REACH = 8
"""Points from a side within which it is taken hold of."""
_EDGES = (Qt.Edge.LeftEdge, Qt.Edge.RightEdge, Qt.Edge.TopEdge, Qt.Edge.BottomEdge)
_MENU_GOES_MS = 200


class RegionPicker(QWidget):
    """Covers the screen that a window is on; Esc leaves it. `use` gets the region in device pixels.

    A rectangle that is drawn is taken at once. `region` is one to begin with: it is moved by what
    is in it, resized by its sides, and then taken by a double click. By key: arrows move the
    rectangle, with Shift they resize it, Enter takes it.
    """

    def __init__(
        self,
        window: QWidget,
        palette: Palette,
        use: Callable[[Region], None],
        region: Region | None = None,
    ) -> None:
        super().__init__(window, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Window)
        screen = window.screen()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Region of the screen"))
        self.setAccessibleName(self.windowTitle())
        self._use = use
        self._accent = palette.color("accent")
        self._ratio = screen.devicePixelRatio()
        # Where the system does not show its screen (Wayland) the rectangle is drawn on plain dark.
        self._behind = QPixmap()
        self._start: QPoint | None = None
        self._held: Qt.Edge | None = None
        self._before = QRect()
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMouseTracking(True)
        self.setGeometry(screen.geometry())
        known = self._rectangle_of(region) if region is not None else QRect()
        self._edits = not known.isEmpty()
        middle = QRect(0, 0, self.width() // 2, self.height() // 2)
        middle.moveCenter(self.rect().center())
        self.rectangle = known if self._edits else middle

    def begin(self) -> None:
        """Show it over everything else, once the menu that called it has gone."""
        QTimer.singleShot(_MENU_GOES_MS, self, self._cover)

    def _cover(self) -> None:
        self._behind = self.screen().grabWindow(0)
        self.showFullScreen()
        self.activateWindow()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def region(self) -> Region:
        """The rectangle in device pixels."""
        x, y, width, height = (
            round(value * self._ratio)
            for value in (
                self.rectangle.x(),
                self.rectangle.y(),
                self.rectangle.width(),
                self.rectangle.height(),
            )
        )
        return Region(width, height, x, y)

    def _rectangle_of(self, region: Region) -> QRect:
        """The part of it that is on this screen."""
        sides = (region.x, region.y, region.width, region.height)
        return QRect(*(round(side / self._ratio) for side in sides)).intersected(self.rect())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The screen, dark but for the rectangle, with its size beside it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#1b1e24"))
        if not self._behind.isNull():
            painter.drawPixmap(self.rect(), self._behind)
        outside = (
            QRect(0, 0, self.width(), self.rectangle.top()),
            QRect(0, self.rectangle.bottom() + 1, self.width(), self.height()),
            QRect(0, self.rectangle.top(), self.rectangle.left(), self.rectangle.height()),
            QRect(
                self.rectangle.right() + 1,
                self.rectangle.top(),
                self.width(),
                self.rectangle.height(),
            ),
        )
        for part in outside:
            painter.fillRect(part, _VEIL)
        painter.setPen(QPen(self._accent, 2))
        painter.drawRect(self.rectangle)
        region = self.region
        self._say(painter, f"{region.width} × {region.height}", self.rectangle.topLeft())
        help_text = (
            tr("Move or resize it and press Enter, or draw another to stream that. Esc leaves.")
            if self._edits
            else tr("Draw what to stream, or move this one by arrows and press Enter. Esc leaves.")
        )
        self._say(painter, help_text, QPoint(self.width() // 2, 5 * GAP), centred=True)
        painter.end()

    def _say(self, painter: QPainter, text: str, at: QPoint, *, centred: bool = False) -> None:
        painter.setFont(sized(self.font(), TITLE_PX, bold=True))
        size = painter.fontMetrics().size(0, text)
        plate = QRectF(0, 0, size.width() + 2 * GAP, size.height() + GAP)
        plate.moveBottomLeft(at.toPointF())
        if centred:
            plate.moveCenter(at.toPointF())
        elif plate.top() < 0:
            plate.moveTopLeft(at.toPointF())
        painter.fillRect(plate, QColor(0, 0, 0, 200))
        painter.setPen(QColor("#ffffff"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QPen(self._accent, 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A corner of another one, or what is held of this one."""
        if event.button() is not Qt.MouseButton.LeftButton:
            self.close()
            return
        self._start = event.position().toPoint()
        self._held, self._before = self._at(self._start), QRect(self.rectangle)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The other corner, so far; or the rectangle goes along."""
        here = event.position().toPoint()
        if self._start is None:
            self.setCursor(_cursor(self._at(here)))
            return
        if self._held is not None:
            self._drag(here - self._start, self._held)
            return
        left, right = sorted((self._start.x(), here.x()))
        top, bottom = sorted((self._start.y(), here.y()))
        drawn = QRect(left, top, right - left, bottom - top)
        self.rectangle = drawn.intersected(self.rect())
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Take what was drawn, unless it is hardly more than a click."""
        if self._start is None:
            return
        self._start = None
        if self._held is not None:
            return
        if _is_large(self.rectangle):
            self._accept()
        else:
            self.rectangle = self._before
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the rectangle there."""
        if self._at(event.position().toPoint()) is not None:
            self._accept()

    def _at(self, place: QPoint) -> Qt.Edge | None:
        """The sides of the rectangle there, none of them within it, None for outside."""
        rectangle, reach = self.rectangle, _REACH
        if not self._edits or not rectangle.adjusted(-reach, -reach, reach, reach).contains(place):
            return None
        held = Qt.Edge(0)
        away = (
            place.x() - rectangle.left(),
            place.x() - rectangle.right(),
            place.y() - rectangle.top(),
            place.y() - rectangle.bottom(),
        )
        for edge, points in zip(_EDGES, away, strict=True):
            if abs(points) <= reach:
                held |= edge
        return held

    def _drag(self, by: QPoint, held: Qt.Edge) -> None:
        """All of the rectangle, or the sides that are held."""
        moved = QRect(self._before)
        if not held:
            moved.translate(by)
            moved.moveLeft(min(max(moved.left(), 0), self.width() - moved.width()))
            moved.moveTop(min(max(moved.top(), 0), self.height() - moved.height()))
        left, right, top, bottom = (int(bool(held & edge)) for edge in _EDGES)
        moved.adjust(left * by.x(), top * by.y(), right * by.x(), bottom * by.y())
        self._put(moved.intersected(self.rect()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, Esc and the arrows."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._accept()
        elif key is Qt.Key.Key_Escape:
            self.close()
        elif key in _ARROWS:
            self._move_by(_ARROWS[key] * _STEP, event.modifiers())

    def _move_by(self, step: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        moved = QRect(self.rectangle)
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            moved.setBottomRight(moved.bottomRight() + step)
        else:
            moved.translate(step)
        if self.rect().contains(moved):
            self._put(moved)

    def _put(self, rectangle: QRect) -> None:
        if _is_large(rectangle):
            self.rectangle = rectangle
            self.update()

    def _accept(self) -> None:
        region = self.region
        self.close()
        self._use(region)


def _is_large(rectangle: QRect) -> bool:
    return min(rectangle.width(), rectangle.height()) >= _SMALLEST


def _cursor(held: Qt.Edge | None) -> Qt.CursorShape:
    """What the pointer looks like over these sides of a rectangle."""
    if held is None:
        return Qt.CursorShape.CrossCursor
    left, right, top, bottom = (bool(held & edge) for edge in _EDGES)
    if (left or right) and (top or bottom):
        falls = left == top
        return Qt.CursorShape.SizeFDiagCursor if falls else Qt.CursorShape.SizeBDiagCursor
    if left or right:
        return Qt.CursorShape.SizeHorCursor
    return Qt.CursorShape.SizeVerCursor if top or bottom else Qt.CursorShape.SizeAllCursor
