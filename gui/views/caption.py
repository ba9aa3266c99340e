"""A large word over a view, that appears when it was said and fades."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QVariantAnimation, Slot
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import DARK, DISPLAY_PX, GAP_LARGE, Palette, sized

STAYS_MS, FADES_MS = 700, 900
_STEPS = 20
"""Shades of the fading: what lies beneath is painted for each of them too."""
_LARGEST_PX = 64
_VEIL = 0.8


class CaptionView(View):
    """Lies over another view and lets the mouse through; there only while it has something."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Word heard"), parent, palette)
        self._word, self._strength = "", 0.0
        self.fading = QVariantAnimation(self)
        self.fading.setDuration(STAYS_MS + FADES_MS)
        self.fading.setKeyValueAt(0.0, 1.0)
        self.fading.setKeyValueAt(STAYS_MS / (STAYS_MS + FADES_MS), 1.0)
        self.fading.setKeyValueAt(1.0, 0.0)
        self.fading.valueChanged.connect(self._fade)
        self.fading.finished.connect(self.clear)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def summary(self) -> str:
        """The word."""
        return self._word

    @property
    def strength(self) -> float:
        """How much of it is there: 1 just after it was said, 0 when it has faded."""
        return self._strength

    def show_word(self, word: str) -> None:
        """Show it in the place of the one before; it goes by itself, after the run's end too."""
        self.fading.stop()
        self._word, self._strength = word, 1.0
        self.describe()
        self.show()
        self.update()
        self.fading.start()

    @Slot()
    def clear(self) -> None:
        """Show nothing."""
        self.fading.stop()
        self._word, self._strength = "", 0.0
        self.hide()

    @Slot(object)
    def _fade(self, value: float) -> None:
        strength = round(value * _STEPS) / _STEPS
        if strength != self._strength:
            self._strength = strength
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the word on a plate in the middle, as large as there is room."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = max(DISPLAY_PX, min(_LARGEST_PX, self.height() // 2))
        font = sized(self.font(), size, bold=True)
        metrics = QFontMetricsF(font)
        room = self.width() - 4 * GAP_LARGE
        wanted = metrics.horizontalAdvance(self._word)
        if wanted > room > 0:
            size = max(DISPLAY_PX, int(size * room / wanted))
            font = sized(self.font(), size, bold=True)
            metrics = QFontMetricsF(font)
        text = metrics.elidedText(self._word, Qt.TextElideMode.ElideRight, room)
        plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 2 * GAP_LARGE, metrics.height())
        plate.moveCenter(QRectF(self.rect()).center())
        painter.setOpacity(self._strength * _VEIL)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.roles.color("background"))
        painter.drawRoundedRect(plate, 8, 8)
        painter.setOpacity(self._strength)
        painter.setPen(self.roles.color("text"))
        painter.setFont(font)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
