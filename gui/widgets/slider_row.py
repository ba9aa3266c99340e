"""A titled slider in per cent, for menus: left and right change it, up and down go on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from gui.widgets.language import number, percent
from gui.widgets.theme import BODY_PX, GAP, GAP_LARGE, GAP_SMALL, RADIUS, tabular

_STEP = 5
_SLIDER_WIDTH = 120
_INSET = 4.5


class SliderRow(QWidget):
    """Title, slider and value; it takes the focus itself, so that a menu's keys pass through."""

    percent_changed = Signal(int)
    """The value the user chose."""

    def __init__(self, title: str, least: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(least, 100)
        self.slider.setSingleStep(_STEP)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(title)
        self._value = QLabel()
        self._value.setFont(tabular(self.font(), BODY_PX))
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._value.setFixedWidth(self._value.fontMetrics().horizontalAdvance(percent(1.0, 0)) + 2)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP_LARGE + GAP, GAP_SMALL, GAP_LARGE, GAP_SMALL)
        row.setSpacing(GAP)
        row.addWidget(QLabel(title), 1)
        row.addWidget(self.slider)
        row.addWidget(self._value)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.valueChanged.connect(self._changed)
        self._write(self.slider.value())

    @property
    def percent(self) -> int:
        """What it is set to."""
        return self.slider.value()

    def set_percent(self, value: int) -> None:
        """Show a value without saying so."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(value)
        self._write(self.slider.value())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys go here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do not any more."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a frame in the accent's colour around the row that has the focus."""
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            frame = QRectF(self.rect()).adjusted(_INSET, 0.5, -_INSET, -0.5)
            painter.drawRoundedRect(frame, RADIUS, RADIUS)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right change the value; other keys are the menu's."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if steps is None:
            super().keyPressEvent(event)
            return
        self.slider.setValue(self.slider.value() + steps * _STEP)

    @Slot(int)
    def _changed(self, value: int) -> None:
        self._write(value)
        self.percent_changed.emit(value)

    def _write(self, value: int) -> None:
        self._value.setText(percent(value / 100, 0))
        self.setAccessibleName(f"{self._title} {number(value)} %")
