"""The words that were heard, the newest last."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.core.status import Word
from gui.views.view import View
from gui.widgets.language import count, tr
from gui.widgets.theme import CAPTION_PX, DARK, DISPLAY_PX, Palette, sized

_KEPT = 64
_HEIGHT = 40
_BETWEEN = 14.0


class WordsView(View):
    """A line of words that moves left as it grows; it takes no room before the first one."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Words heard"), parent, palette)
        self._words: deque[str] = deque(maxlen=_KEPT)
        self._heard = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setVisible(False)

    def sizeHint(self) -> QSize:
        """A line of large text."""
        return QSize(320, _HEIGHT)

    @property
    def words(self) -> tuple[str, ...]:
        """Those on show or just out of sight, the newest last."""
        return tuple(self._words)

    @property
    def summary(self) -> str:
        """How many there were, and the newest of them."""
        number = count(self._heard, "{n} word", "{n} words")
        return tr("{count}: {words}", count=number, words=" ".join(list(self._words)[-8:]))

    def add(self, words: list[Word]) -> None:
        """More words, the newest last."""
        if not words:
            return
        self._words.extend(word.label for word in words)
        self._heard += len(words)
        self.setVisible(True)
        self.describe()
        self.update()

    def clear(self) -> None:
        """Forget everything, for another model or source."""
        self._words.clear()
        self._heard = 0
        self.setVisible(False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the title, then as many words as there is room for, right of it."""
        painter = QPainter(self)
        painter.setFont(sized(self.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        title = tr("Heard")
        height = self.height()
        painter.drawText(0, 0, self.width(), height, _MIDDLE, title)
        left = painter.fontMetrics().horizontalAdvance(title) + _BETWEEN
        font = sized(self.font(), DISPLAY_PX, bold=True)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for place, (word, start, width) in enumerate(self._fitting(metrics, self.width() - left)):
            painter.setPen(self.roles.color("text" if place else "accent"))
            painter.drawText(round(left + start), 0, round(width) + 1, height, _MIDDLE, word)

    def _fitting(self, metrics: QFontMetricsF, room: float) -> list[tuple[str, float, float]]:
        """Text, start and width of the words that fit, the newest first."""
        chosen: list[tuple[str, float]] = []
        used = 0.0
        for word in reversed(self._words):
            width = metrics.horizontalAdvance(word)
            if used + width > room:
                break
            chosen.append((word, width))
            used += width + _BETWEEN
        placed, end = [], used - _BETWEEN
        for word, width in chosen:
            placed.append((word, end - width, width))
            end -= width + _BETWEEN
        return placed


_MIDDLE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
