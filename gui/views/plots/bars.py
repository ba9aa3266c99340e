"""What the model says right now: the best labels as bars, and any text or plain outputs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from backend.core.predictions import (
    Detection,
    Detections,
    KeyPoints,
    Mask,
    Predictions,
    Tensors,
    Text,
)
from gui.views.class_hues import ClassHues
from gui.views.messages import EmptyMessage, draw_message
from gui.views.plots.rows import HOLD_NS, BarRow, RowOrder
from gui.views.plots.series import measured, scored
from gui.views.scales import short
from gui.views.view import PLOT_PERIOD_NS, View
from gui.widgets.language import count, number, tr
from gui.widgets.theme import (
    BODY_PX,
    CAPTION_PX,
    DARK,
    DISPLAY_PX,
    GAP,
    GAP_SMALL,
    Palette,
    tabular,
)

_ROW, _LOWEST_ROW = 26, 20
_HEADLINE = 34
_BAR = 8.0
_MORE = 16.0
_ROUNDING = 0.01
_LABEL_SHARE = 0.36
_WIDEST_SCORE, _WIDEST_NUMBER = "0.00", "00000.0 Hz"
_GRIP = 6.0
_STALE_OPACITY = 0.35


class TopKView(View):
    """The k best labels; `threshold_changed` tells where the user dragged the threshold to."""

    threshold_changed = Signal(float)

    def __init__(
        self,
        parent: QWidget | None = None,
        palette: Palette = DARK,
        *,
        k: int = 5,
        hues: ClassHues | None = None,
    ) -> None:
        super().__init__(tr("Predictions"), parent, palette)
        self._hues = hues or ClassHues()
        self._order = RowOrder(k)
        self._headline = ""
        self._lines: tuple[str, ...] = ()
        self._answered = self._stale = False
        self._threshold: float | None = None
        self._described_ns = 0
        self._taken_ns = 0
        self._waiting: Predictions | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._take_waiting)
        self._settle = QTimer(self, singleShot=True)
        self._settle.timeout.connect(self._sort)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 2 * _ROW)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Room for every row."""
        return QSize(320, self._order.k * _ROW + 2 * GAP)

    @property
    def rows(self) -> tuple[BarRow, ...]:
        """What is shown, top first."""
        return self._order.rows

    @property
    def headline(self) -> str:
        """The line above the rows, '' for none."""
        return self._headline

    def hue(self, row: BarRow) -> int:
        """The series that colours a row."""
        return self._hues.number(row.label) if row.hue is None else row.hue

    @property
    def summary(self) -> str:
        """The headline and the rows in words."""
        rows = [f"{row.label} {row.value}" for row in self.rows]
        return ", ".join(part for part in (self._headline, *rows, *self._lines) if part)

    def set_rows(self, k: int) -> None:
        """Show this many labels at most."""
        self._order.k = k
        self._order.settle(time.monotonic_ns())
        self.update()

    @property
    def threshold(self) -> float | None:
        """Where the threshold line is, or None for no line."""
        return self._threshold

    def set_threshold(self, threshold: float | None) -> None:
        """Draw a threshold line at a score of 0 to 1, or none."""
        self._threshold = None if threshold is None else min(1.0, max(0.0, threshold))
        self.update()

    def show_predictions(self, predictions: Predictions, now_ns: int | None = None) -> None:
        """Show what the model said, the newest of it twelve times a second at most."""
        now_ns = time.monotonic_ns() if now_ns is None else now_ns
        wait_ns = self._taken_ns + PLOT_PERIOD_NS - now_ns
        if self._taken_ns and wait_ns > 0:
            self._waiting = predictions
            if not self._next.isActive():
                self._next.start(int(wait_ns // 1_000_000) + 1)
            return
        self._take(predictions, now_ns)

    @Slot()
    def _take_waiting(self) -> None:
        if self._waiting is not None:
            self._take(self._waiting, time.monotonic_ns())

    def _take(self, predictions: Predictions, now_ns: int) -> None:
        self._taken_ns, self._waiting = now_ns, None
        self._answered = True
        self._order.update(_rows(predictions), now_ns)
        if not self._settle.isActive():
            # The last prediction of a run is put in order too, although none comes after it.
            self._settle.start(int(HOLD_NS // 1_000_000) + 1)
        self._headline = _headline(predictions)
        self._lines = tuple(_lines(predictions))
        if self.isVisible():
            self._describe_now_and_then(now_ns)
            self.update()

    def set_stale(self, stale: bool) -> None:
        """Dim what is shown, since nothing newer comes."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    def clear(self) -> None:
        """Forget the predictions, for another model or source."""
        self._order.clear()
        self._headline, self._lines, self._answered = "", (), False
        self._taken_ns, self._waiting = 0, None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint headline, rows and threshold."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        if not (self.rows or self._headline or self._lines):
            self._paint_nothing(painter)
            return
        if self._stale:
            painter.setOpacity(_STALE_OPACITY)
        y = float(GAP)
        bar, row_height = self._bar_area(0), self._row_height()
        if self._headline:
            painter.setFont(tabular(self.font(), DISPLAY_PX, bold=True))
            painter.setPen(self.roles.color("text"))
            area = QRectF(GAP, y, self.width() - 2 * GAP, _HEADLINE)
            self._write(painter, area, self._headline, Qt.AlignmentFlag.AlignLeft)
            y += _HEADLINE
        painter.setFont(tabular(self.font(), BODY_PX))
        first = y
        shown = self.rows[: self.in_sight(first)]
        for row in shown:
            self._paint_row(painter, bar.translated(0, y), y, row)
            y += row_height
        if self._threshold is not None and self.rows:
            self._paint_threshold(painter, bar, first, y)
        painter.setFont(tabular(self.font(), BODY_PX))
        painter.setPen(self.roles.color("text_muted"))
        if len(shown) < len(self.rows):
            self._paint_more(painter, y, len(self.rows) - len(shown))
            return
        for line in self._lines:
            area = QRectF(GAP, y, self.width() - 2 * GAP, row_height)
            self._write(painter, area, line, Qt.AlignmentFlag.AlignLeft)
            y += row_height

    def in_sight(self, top: float) -> int:
        """How many rows have room from `top` on, beside the line that says that there are more."""
        room, many, row = self.height() - top, len(self.rows), self._row_height()
        if many * row <= room + _ROUNDING:
            return many
        return max(1, int((room - _MORE) // row))  # half a row says nothing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the threshold line."""
        if not self._near_threshold(event):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the threshold line."""
        near = self._near_threshold(event)
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        if near and event.buttons() & Qt.MouseButton.LeftButton:
            bar = self._bar_area(0)
            self.set_threshold(round((event.position().x() - bar.left()) / bar.width(), 2))
            self.threshold_changed.emit(self._threshold)

    @Slot()
    def _sort(self) -> None:
        self._order.settle(time.monotonic_ns())
        self.update()

    def _describe_now_and_then(self, now_ns: int) -> None:
        if now_ns - self._described_ns >= 1_000_000_000:
            self._described_ns = now_ns
            self.describe()

    def _near_threshold(self, event: QMouseEvent) -> bool:
        if self._threshold is None:
            return False
        bar = self._bar_area(0)
        at = bar.left() + self._threshold * bar.width()
        dragging = bool(event.buttons() & Qt.MouseButton.LeftButton)
        return abs(event.position().x() - at) <= (bar.width() if dragging else _GRIP)

    def _bar_area(self, y: float) -> QRectF:
        """Where the bar of a row at `y` may be; the same for all rows, so that they compare."""
        metrics = QFontMetricsF(tabular(self.font(), BODY_PX))
        numbers = any(len(row.value) > len(_WIDEST_SCORE) for row in self.rows)
        value = metrics.horizontalAdvance(_WIDEST_NUMBER if numbers else _WIDEST_SCORE)
        left = GAP + (self.width() - 2 * GAP) * _LABEL_SHARE + GAP
        right = self.width() - GAP - value - GAP
        middle = y + self._row_height() / 2
        return QRectF(left, middle - _BAR / 2, max(24.0, right - left), _BAR)

    def _row_height(self) -> float:
        """Less than designed where all rows fit then, however many there are now."""
        above = GAP + (_HEADLINE if self._headline else 0)
        height = (self.height() - above) / max(1, self._order.k + len(self._lines))
        return min(_ROW, height) if height >= _LOWEST_ROW else _ROW

    def _paint_row(self, painter: QPainter, bar: QRectF, y: float, row: BarRow) -> None:
        painter.fillRect(bar, self.roles.color("surface_raised"))
        filled = QRectF(bar.left(), bar.top(), bar.width() * row.part, bar.height())
        painter.fillRect(filled, self.roles.series_color(self.hue(row)))
        painter.setPen(self.roles.color("text"))
        height = self._row_height()
        label = QRectF(GAP, y, bar.left() - 2 * GAP, height)
        self._write(painter, label, row.label, Qt.AlignmentFlag.AlignLeft)
        value = QRectF(
            bar.right() + GAP_SMALL, y, self.width() - GAP - bar.right() - GAP_SMALL, height
        )
        self._write(painter, value, row.value, Qt.AlignmentFlag.AlignRight)

    def _paint_more(self, painter: QPainter, y: float, more: int) -> None:
        painter.setFont(tabular(self.font(), CAPTION_PX))
        area = QRectF(GAP, y, self.width() - 2 * GAP, _MORE)
        self._write(painter, area, tr("and {n} more", n=number(more)), Qt.AlignmentFlag.AlignLeft)

    def _paint_threshold(self, painter: QPainter, bar: QRectF, top: float, bottom: float) -> None:
        x = round(bar.left() + (self._threshold or 0.0) * bar.width())
        painter.setPen(QPen(self.roles.color("text_muted"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(x, int(top), x, int(bottom))

    def _paint_nothing(self, painter: QPainter) -> None:
        title = tr("Nothing found") if self._answered else tr("Waiting for the first prediction")
        area = QRectF(self.rect())
        message = EmptyMessage("", title)
        draw_message(painter, area, message, self.roles, self.font(), with_sign=False)

    def _write(self, painter: QPainter, area: QRectF, text: str, side: Qt.AlignmentFlag) -> None:
        metrics = QFontMetricsF(painter.font())
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, elided)


def _rows(predictions: Predictions) -> Sequence[BarRow]:
    """Numbers with a unit first, then the labels with their scores, best first."""
    numbers = [
        BarRow(
            item.name,
            min(1.0, max(0.0, (item.value - item.low) / ((item.high - item.low) or 1.0))),
            f"{short(item.value)} {item.unit}".strip(),
            hue=7,
        )
        for item in measured(predictions)
    ]
    labels = [
        BarRow(item.label, min(1.0, max(0.0, item.score)), number(item.score, 2))
        for item in scored(predictions)
    ]
    return [*numbers, *labels]


def _headline(predictions: Predictions) -> str:
    """The first line of a text the model gave, else the texts read in the picture."""
    for prediction in predictions:
        if isinstance(prediction, Text):
            return " ".join(prediction.text.split())
        if isinstance(prediction, Detections):
            texts = [item.text for item in _as_read(prediction.items) if item.text]
            if texts:
                return "  ".join(texts)
    return ""


def _as_read(items: Sequence[Detection]) -> Iterator[Detection]:
    """From line to line, and in each from left to right."""
    rows: list[list[Detection]] = []
    for item in sorted(items, key=lambda item: item.box[1] + item.box[3]):
        if rows and item.box[1] + item.box[3] < 2 * rows[-1][0].box[3]:
            rows[-1].append(item)
        else:
            rows.append([item])
    for row in rows:
        yield from sorted(row, key=lambda item: item.box[0])


def _lines(predictions: Predictions) -> Iterator[str]:
    """What is no label: how many points, how large a mask, and outputs that nothing explains."""
    for prediction in predictions:
        if isinstance(prediction, KeyPoints) and prediction.points:
            yield count(len(prediction.points), "{n} point", "{n} points")
        elif isinstance(prediction, Mask):
            height, width = prediction.classes.shape
            yield tr("parts of {width} × {height} pixels", width=width, height=height)
        elif isinstance(prediction, Tensors):
            for tensor in prediction.tensors:
                yield f"{tensor.name}  {tensor.datatype} {list(tensor.shape)}"
