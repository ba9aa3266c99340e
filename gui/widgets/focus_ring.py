"""A ring around the list, table or plot that keys go to, for who came there by key.

Buttons and fields have theirs in the stylesheet.
"""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QRegion
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QTabBar,
    QWidget,
)

from gui.widgets.slider_row import SliderRow

_WIDTH = 2
_OWN = (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QTabBar,
    SliderRow,
)
"""They show the focus themselves."""


class FocusRing(QWidget):
    """Lies over its parent's edges, and lets the mouse through; over a video it would disturb who
    came by mouse."""

    def __init__(self, around: QWidget) -> None:
        super().__init__(around)
        self._around = around
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._fit()
        around.installEventFilter(self)
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the edges."""
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """In the accent's colour."""
        painter = QPainter(self)
        color: QColor = self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(color, _WIDTH))
        half = _WIDTH / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))

    def _fit(self) -> None:
        area = self._around.rect()
        self.setGeometry(area)
        # What is inside is not painted anew because of the ring.
        self.setMask(QRegion(area) - QRegion(area.adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH)))


class FocusRings(QObject):
    """Puts the ring where the focus goes."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._around: QWidget | None = None
        self._ring: FocusRing | None = None
        app.focusChanged.connect(self._follow)

    def close(self) -> None:
        """No more rings."""
        self._app.focusChanged.disconnect(self._follow)
        self._take_away()

    @Slot()
    def _follow(self) -> None:
        widget = self._app.focusWidget()
        if widget is None or widget is self._around:  # it comes back as it left
            return
        self._take_away()
        by_key = widget.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if by_key and not isinstance(widget, _OWN):
            self._around, self._ring = widget, FocusRing(widget)

    def _take_away(self) -> None:
        if self._ring is not None:
            with suppress(RuntimeError):  # it went with what it was around
                self._ring.hide()
                self._ring.deleteLater()
        self._around = self._ring = None
