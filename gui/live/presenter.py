"""The picture for an audience, with nothing beside it but what can be read from afar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from backend.core.status import RunState, RunStatus
from gui.live.picture import PreviewPane
from gui.live.sound_panel import SoundPanel
from gui.views.plots import TopKView
from gui.views.preview import LegendRow, mark_color
from gui.widgets.language import count, number, tr
from gui.widgets.theme import CAPTION_PX, Palette, tabular

_DIGITS_OF_HEIGHT = 0.09
"""Letters can be read from as far as 200 to 250 times their height, so on a screen that is a metre
high digits of this size from some twenty metres, and the legend from ten."""
_LEGEND_OF_HEIGHT = 0.036
_LEGEND_LEAST = 0.7
"""Of its size, before names are cut."""
_COLUMN_OF_WIDTH = 0.22
_ROW_OF_HEIGHT = 0.17
_LANDSCAPE = 1.2
_POINTER_HIDES_MS = 2000
_UNLIMITED = 16777215
"""Qt's greatest size of a widget, QWIDGETSIZE_MAX."""
_NOTHING = "–"


class BigNumbers(QWidget):
    """Values with what they are under them, in one size that fits the longest of them."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._beside = True
        self._stale = False
        self._cells: tuple[tuple[str, str], ...] = ()
        self._legend: tuple[LegendRow, ...] = ()
        self.show_values((_NOTHING, _NOTHING, _NOTHING), stale=False)

    def sizeHint(self) -> QSize:
        """As large as its owner makes it."""
        return QSize(0, 0)

    def show_values(self, values: tuple[str, str, str], *, stale: bool) -> None:
        """Answers a second, milliseconds of age, megabytes a second; `stale` greys them."""
        names = (
            tr("answers/s"),
            tr("ms delay"),
            tr("MB/s on the wire"),
        )
        cells = tuple(zip(values, names, strict=True))
        if (cells, stale) != (self._cells, self._stale):
            self._cells, self._stale = cells, stale
            self.setAccessibleName(", ".join(f"{value} {name}" for value, name in cells))
            self.update()

    @property
    def legend(self) -> tuple[LegendRow, ...]:
        """What stands below the numbers."""
        return self._legend

    def show_legend(self, rows: Sequence[LegendRow]) -> None:
        """What the colours of the picture mean, and how many there are of each."""
        if tuple(rows) != self._legend:
            self._legend = tuple(rows)
            self.update()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def set_beside(self, *, beside: bool) -> None:
        """Under each other beside the picture, or beside each other under it."""
        self._beside = beside
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The values, and the legend below them."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._roles.color("background"))
        many = len(self._cells)
        height = float(self.height())
        if self._beside and self._legend:
            height -= self._draw_legend(painter)
        width = self.width() if self._beside else self.width() / many
        height = height / many if self._beside else height
        window = self.window().height()
        room = 0.88 * width
        digits = _fitting(self.font(), window * _DIGITS_OF_HEIGHT, room, ("000.0",), bold=True)
        names = [name for _, name in self._cells]
        words = _fitting(self.font(), window * _LEGEND_OF_HEIGHT, room, names)
        value_height = QFontMetricsF(digits).height()
        name_height = QFontMetricsF(words).height()
        for index, (value, name) in enumerate(self._cells):
            x = 0 if self._beside else index * width
            y = index * height if self._beside else 0
            top = y + (height - value_height - name_height) / 2
            painter.setFont(digits)
            painter.setPen(self._roles.color("text_muted" if self._stale else "text"))
            centred = Qt.AlignmentFlag.AlignCenter
            painter.drawText(QRectF(x, top, width, value_height), centred, value)
            painter.setFont(words)
            painter.setPen(self._roles.color("text_muted"))
            painter.drawText(QRectF(x, top + value_height, width, name_height), centred, name)
        painter.end()

    def _draw_legend(self, painter: QPainter) -> float:
        """At the lower end; gives its height."""
        size = self.window().height() * _LEGEND_OF_HEIGHT
        row_height = 1.5 * size
        most = max(2, int(0.45 * self.height() / row_height))
        rows = self._legend[: most if len(self._legend) <= most else most - 1]
        left = len(self._legend) - len(rows)
        if left:
            rows = (*rows, LegendRow(count(left, "{n} more", "{n} more"), ""))
        inset = size / 2
        indent = size * 1.1 if any(row.hue is not None for row in rows) else 0
        room = self.width() - 2 * inset - indent
        texts = [f"{row.name}  {row.value}" for row in rows]
        least = tabular(self.font(), max(CAPTION_PX, round(size * _LEGEND_LEAST)))
        font = max(_fitting(self.font(), size, room, texts), least, key=QFont.pixelSize)
        metrics = QFontMetricsF(font)
        top = self.height() - row_height * len(rows) - inset
        painter.setFont(font)
        painter.setPen(self._roles.color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        for index, row in enumerate(rows):
            line = QRectF(inset, top + index * row_height, self.width() - 2 * inset, row_height)
            if row.hue is not None:
                swatch = QRectF(line.x(), line.center().y() - size / 3, size / 1.5, size / 1.5)
                painter.fillRect(swatch, mark_color(row.hue))
            value_width = metrics.horizontalAdvance(row.value) + inset
            name = line.adjusted(indent, 0, -value_width, 0)
            text = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, name.width())
            painter.drawText(name, middle, text)
            painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, row.value)
        return self.height() - top


class _Bare(Protocol):
    def set_bare(self, *, bare: bool) -> None: ...


class PresenterView(QWidget):
    """Borrows picture and sound of the live page between `begin` and `end`.

    `home` is where they are otherwise; `top` has what was answered.
    """

    def __init__(
        self,
        palette: Palette,
        middle: QStackedWidget,
        pane: PreviewPane,
        sound: SoundPanel,
        top: TopKView,
    ) -> None:
        super().__init__()
        self.setAccessibleName(tr("Presenter mode"))
        self._middle, self._pane, self._top = middle, pane, top
        self._parts: tuple[_Bare, ...] = (pane, sound)
        self.numbers = BigNumbers(palette)
        self.home = QWidget()
        at_home = QVBoxLayout(self.home)
        at_home.setContentsMargins(0, 0, 0, 0)
        at_home.addWidget(middle)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.numbers)
        self._pointer = QTimer(self, singleShot=True, interval=_POINTER_HIDES_MS)
        self._pointer.timeout.connect(self._hide_pointer)
        self.setMouseTracking(True)
        self._presenting = False

    @property
    def widget(self) -> QWidget:
        """The view itself."""
        return self

    @property
    def presenting(self) -> bool:
        """Whether it has picture and sound now."""
        return self._presenting

    def begin(self) -> None:
        """Take picture and sound."""
        self._presenting = True
        self._layout.insertWidget(0, self._middle, 1)
        for part in self._parts:
            part.set_bare(bare=True)
        self._arrange()
        self._pane.preview.setFocus()
        self._pointer.start()

    def end(self) -> None:
        """Give them back."""
        self._presenting = False
        self._pointer.stop()
        self.unsetCursor()
        for part in self._parts:
            part.set_bare(bare=False)
        self._pane.preview.set_emphasis()
        self._release_numbers()
        layout = self.home.layout()
        assert layout is not None
        layout.addWidget(self._middle)
        self._pane.preview.setFocus()

    def show_status(self, status: RunStatus, age_ms: float | None) -> None:
        """The run's numbers and what was answered; what is not known is a dash."""
        self.numbers.show_legend(self._legend())
        if not status.counts.answered:
            self.numbers.show_values((_NOTHING, _NOTHING, _NOTHING), stale=False)
            return
        sent = (status.traffic.wire_out + status.traffic.wire_in) / 1e6
        self.numbers.show_values(
            (
                number(status.rate_out, 1 if status.rate_out < 100 else 0),
                _NOTHING if age_ms is None else number(age_ms),
                number(sent, 1 if sent < 100 else 0),
            ),
            stale=status.state is not RunState.STREAMING,
        )

    def _legend(self) -> tuple[LegendRow, ...]:
        """That of the picture, or the answer itself where nothing of it is drawn."""
        drawn = self._pane.preview.legend if self._middle.currentWidget() is self._pane else ()
        if drawn:
            return drawn
        headline = self._top.headline
        said = (LegendRow(headline, ""),) if headline else ()
        rows = (LegendRow(row.label, row.value, hue=self._top.hue(row)) for row in self._top.rows)
        return *said, *rows

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette; picture and sound get theirs from the page."""
        self.numbers.set_palette_roles(palette)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Everything grows with the window."""
        super().resizeEvent(event)
        if self._presenting:
            self._arrange()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The pointer shows while it moves."""
        self.unsetCursor()
        self._pointer.start()
        super().mouseMoveEvent(event)

    def _arrange(self) -> None:
        beside = self.width() >= _LANDSCAPE * self.height()
        direction = QBoxLayout.Direction
        self._layout.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self.numbers.set_beside(beside=beside)
        self._release_numbers()
        if beside:
            self.numbers.setFixedWidth(round(self.width() * _COLUMN_OF_WIDTH))
        else:
            self.numbers.setFixedHeight(round(self.height() * _ROW_OF_HEIGHT))
        factor = max(1.0, self.height() * _LEGEND_OF_HEIGHT / CAPTION_PX)
        self._pane.preview.set_emphasis(factor, legend_elsewhere=beside)

    def _release_numbers(self) -> None:
        """Hold no size: a page that is not in front counts for the least size of the window too."""
        self.numbers.setMinimumSize(0, 0)
        self.numbers.setMaximumSize(_UNLIMITED, _UNLIMITED)

    @Slot()
    def _hide_pointer(self) -> None:
        self.setCursor(Qt.CursorShape.BlankCursor)


def _fitting(
    font: QFont,
    pixels: float,
    room: float,
    texts: tuple[str, ...] | list[str],
    *,
    bold: bool = False,
) -> QFont:
    """The font in that size, or smaller if the longest of the texts needs it."""
    made = tabular(font, max(CAPTION_PX, round(pixels)), bold=bold)
    widest = max(map(QFontMetricsF(made).horizontalAdvance, texts))
    if widest <= room:
        return made
    return tabular(font, max(CAPTION_PX, int(made.pixelSize() * room / widest)), bold=bold)
