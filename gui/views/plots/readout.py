"""The line under a plot: what its cursors stand at, and what its trigger does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.views.moments import clock_text, duration_text
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, GAP_LARGE, GAP_SMALL, Palette, tabular

_HEIGHT = 22
_SWATCH = 8.0
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a line has at a moment: None in a gap; `text` writes such a value."""

    name: str
    color: QColor
    value: float | None
    text: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the line, which stays whole; without a colour it has no swatch."""

    text: str
    color: QColor | None = None


def cursor_items(placed: Sequence[tuple[str, float]]) -> list[Item]:
    """At which moments cursors are, by their names, and how far from the first to the second."""
    items = [Item(f"{name} {clock_text(at_s)}") for name, at_s in placed]
    if len(placed) == 2:
        (_, first_s), (_, second_s) = placed
        items.append(Item(f"Δ {signed(second_s - first_s, duration_text)}"))
    return items


def value_items(first: Sequence[Sampled], second: Sequence[Sampled] | None) -> list[Item]:
    """Each line's value at one cursor, or at both with the difference from A to B."""
    if second is None:
        return [Item(f"{one.name} {_text(one, one.value)}", one.color) for one in first]
    others = {other.name: other.value for other in second}
    items = []
    for one in first:
        other = others.get(one.name)
        text = f"{one.name} {_text(one, one.value)} → {_text(one, other)}"
        if one.value is not None and other is not None:
            text += f"  Δ {signed(other - one.value, one.text)}"
        items.append(Item(text, one.color))
    return items


def signed(value: float, text: Callable[[float], str]) -> str:
    """A difference with its sign, if it is more than nothing as it is written."""
    written = text(abs(value))
    sign = "" if written == text(0.0) else "−" if value < 0 else "+"
    return f"{sign}{written}"


def _text(one: Sampled, value: float | None) -> str:
    return _NONE if value is None else one.text(value)


class ReadoutLine(View):
    """Takes no room while there is nothing to say; what does not fit is counted, and in the
    tooltip."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Cursors and trigger"), parent, palette)
        self._items: tuple[Item, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()

    def sizeHint(self) -> QSize:
        """A line of text."""
        return QSize(320, _HEIGHT)

    @property
    def summary(self) -> str:
        """All of it, whether there is room or not."""
        return "   ".join(item.text for item in self._items)

    def show_items(self, items: Sequence[Item]) -> None:
        """Write these from left to right; nothing takes the line away."""
        if tuple(items) == self._items:
            return
        self._items = tuple(items)
        self.setVisible(bool(items))
        self.setToolTip("\n".join(item.text for item in items))
        self.describe()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the items that fit."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        font = tabular(self.font(), CAPTION_PX)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        left, fitting = float(GAP), self._fitting(metrics)
        middle = self.height() / 2
        for item in self._items[:fitting]:
            if item.color is not None:
                swatch = QRectF(left, middle - _SWATCH / 2, _SWATCH, _SWATCH)
                painter.fillRect(swatch, item.color)
                left += _SWATCH + GAP_SMALL
            width = metrics.horizontalAdvance(item.text)
            painter.setPen(self.roles.color("text"))
            painter.drawText(
                QRectF(left, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, item.text
            )
            left += width + GAP_LARGE
        if fitting < len(self._items):
            painter.setPen(self.roles.color("text_muted"))
            rest = QRectF(left, 0, self.width() - left, self.height())
            more = f"+{len(self._items) - fitting}"
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, more)

    def _fitting(self, metrics: QFontMetricsF) -> int:
        """How many items fit, with room for the number of those that do not."""
        room: float = self.width() - 2 * GAP
        widths = [
            metrics.horizontalAdvance(item.text)
            + GAP_LARGE
            + (_SWATCH + GAP_SMALL if item.color is not None else 0.0)
            for item in self._items
        ]
        if sum(widths) - GAP_LARGE <= room:
            return len(widths)
        room -= metrics.horizontalAdvance("+00")
        fitting = 0
        for width in widths:
            room -= width
            if room < 0:
                break
            fitting += 1
        return fitting
