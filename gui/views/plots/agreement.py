"""How far two sides agreed on each of the newest samples, as a small strip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.views.view import View
from gui.widgets.language import percent, tr
from gui.widgets.theme import DARK, GAP_SMALL, Palette

_STEP, _HEIGHT = 3, 28
_LEAST = 2.0


class AgreementStrip(View):
    """A bar for each sample, the newest at the right: full where both agree, empty at nothing.

    A sample that one side did not answer has a short bar in the colour of errors.
    """

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Agreement over time"), parent, palette)
        self._values: tuple[float | None, ...] = ()
        self.setMinimumWidth(120)
        self.setFixedHeight(_HEIGHT)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(320, _HEIGHT)

    @property
    def summary(self) -> str:
        """The newest and the least."""
        known = [value for value in self._values if value is not None]
        if not known:
            return ""
        return tr(
            "newest {newest}, least {least}",
            newest=percent(known[-1], 0),
            least=percent(min(known), 0),
        )

    def show_values(self, values: Sequence[float | None]) -> None:
        """From 0 to 1, oldest first; None where one side gave no answer."""
        if tuple(values) != self._values:
            self._values = tuple(values)
            self.describe()
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A frame of two lines, and the bars in it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        area = QRectF(self.rect()).adjusted(0, GAP_SMALL, 0, -GAP_SMALL)
        good, bad = self.roles.color("accent"), self.roles.color("error")
        shown = self._values[-max(1, int(area.width() // _STEP)) :]
        for place, value in enumerate(reversed(shown)):
            height = _LEAST if value is None else max(_LEAST, value * area.height())
            x = area.right() - (place + 1) * _STEP + 1
            bar = QRectF(x, area.bottom() - height, _STEP - 1, height)
            painter.fillRect(bar, bad if value is None else good)
        painter.setPen(self.roles.color("border"))
        for y in (area.top(), area.bottom()):
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.end()
