"""An on/off switch: a check box that looks like what it does."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox

from gui.widgets.theme import Palette

_WIDTH, _HEIGHT = 32, 18


class Switch(QCheckBox):
    """A sliding knob; Space and click turn it, and the word beside it says which way it is."""

    def __init__(self, name: str, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self.setAccessibleName(name)
        self.setToolTip(name)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def sizeHint(self) -> QSize:
        """The track and room for the focus ring."""
        return QSize(_WIDTH + 4, _HEIGHT + 4)

    def hitButton(self, pos: object) -> bool:
        """All of it can be clicked."""
        del pos
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, the knob and the focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        track = QRectF(2, (self.height() - _HEIGHT) / 2, _WIDTH, _HEIGHT)
        fill = self._roles.color("accent" if on and self.isEnabled() else "border")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(track, _HEIGHT / 2, _HEIGHT / 2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._roles.color("text"), 1.5))
            painter.drawRoundedRect(track.adjusted(-1, -1, 1, 1), _HEIGHT / 2, _HEIGHT / 2)
            painter.setPen(Qt.PenStyle.NoPen)
        knob = self._roles.color("on_accent" if on else "text_muted")
        painter.setBrush(knob)
        radius = _HEIGHT / 2 - 3
        x = track.right() - _HEIGHT / 2 if on else track.left() + _HEIGHT / 2
        painter.drawEllipse(QPointF(x, track.center().y()), radius, radius)
