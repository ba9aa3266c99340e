"""A model's picture: the scene of what it does, as a button that chooses the model."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.gallery.drawings import draw_scene
from gui.gallery.scenes import Scene
from gui.widgets.theme import RADIUS, Palette

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)


class Picture(QWidget):
    """The scene, as wide as it is given."""

    def __init__(self, scene: Scene, height: int, palette: Palette) -> None:
        super().__init__()
        self._scene = scene
        self._roles = palette
        self.setFixedHeight(height)

    def show_scene(self, scene: Scene) -> None:
        """Draw another one."""
        self._scene = scene
        self.update()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the scene."""
        draw_scene(QPainter(self), QRectF(self.rect()), self._scene, self._roles)


class PictureButton(QAbstractButton):
    """The scene on a card; arrow keys lead to its neighbours."""

    moved = Signal(int)
    """An arrow key, Home or End, as Qt.Key."""
    opened = Signal()
    """Enter or Space: go on in the pane."""

    def __init__(self, scene: Scene, height: int, palette: Palette) -> None:
        super().__init__()
        self._scene = scene
        self._roles = palette
        self.setFixedHeight(height)
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def sizeHint(self) -> QSize:
        """Its width is the card's."""
        return QSize(160, self.height())

    def nextCheckState(self) -> None:
        """Being chosen is told by the page, not by a press."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the neighbours, Enter presses as Space does."""
        key = Qt.Key(event.key())
        if key in (*_ARROWS, *_ENDS):
            self.moved.emit(key.value)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the scene with round upper corners, and a frame while it has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        shape = QPainterPath()
        # Taller than it is, so that the lower corners stay square.
        shape.addRoundedRect(area.adjusted(0, 0, 0, RADIUS), RADIUS, RADIUS)
        painter.setClipPath(shape)
        draw_scene(painter, area, self._scene, self._roles)
        if self.hasFocus():
            painter.setPen(QPen(self._roles.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            # At the edge, where it makes the chosen card's own frame thicker.
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
