"""A large word over a view, that appears when it was said and fades."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import DARK, DISPLAY_PX, GAP_LARGE, Palette, sized

_STAYS_NS, _FADES_NS = 700_000_000, 900_000_000
_LARGEST_PX = 64
_VEIL = 0.8


class CaptionView(View):
    """Lies over another view and lets the mouse through; there only while it has something."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Word heard"), parent, palette)
        self._word, self._since_ns, self._strength = "", 0, 0.0
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

    def say(self, word: str, now_ns: int) -> None:
        """Show a word, in the place of the one before."""
        self._word, self._since_ns, self._strength = word, now_ns, 1.0
        self.describe()
        self.show()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._word, self._strength = "", 0.0
        self.hide()

    def tick(self, now_ns: int) -> None:
        """Fade with the clock."""
        if not self._word:
            return
        passed = now_ns - self._since_ns - _STAYS_NS
        strength = min(1.0, max(0.0, 1.0 - passed / _FADES_NS))
        if strength == 0.0:
            self.clear()
        elif strength != self._strength:
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
