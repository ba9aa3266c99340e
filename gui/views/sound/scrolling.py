"""What waveform and spectrogram share: ten seconds of sound that scroll smoothly by the clock."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from backend.core.samples import AudioBlock
from backend.core.tensors import Array
from gui.views.messages import EmptyMessage, draw_message
from gui.views.moments import ago, around
from gui.views.scales import ticks
from gui.views.sound.pauses import Pauses
from gui.views.sound.scroll import RingImage, SampleClock
from gui.views.sound.spectrum import ColumnCutter
from gui.views.view import TEXT_PERIOD_NS, View
from gui.widgets.language import tr
from gui.widgets.theme import CAPTION_PX, Palette, tabular

SHOWN_S = 10.0
_DELAY_S = 0.08
"""Drawn this much late, so that the next block is there before the scroll needs it."""
_SPARE_S = 0.5
_SETTLE_NS = 150_000_000
_BLOCKS_KEPT = 2048
_GUTTER, _RIGHT, _TOP, _SCALE = 46, 8, 6, 18


class ScrollingSound(View):
    """Draws sound into a ring of screen columns and moves it left with the clock.

    Moments that come and go are those of the clock. The sound that is kept has moments in which a
    pause of what is played takes no time.
    """

    held = Signal(object)
    """It ends at that moment from now on, or None: it goes on with the clock."""
    cursor_wanted = Signal(float)
    """A click with Ctrl: the moment there."""

    def __init__(self, name: str, parent: QWidget | None, palette: Palette) -> None:
        super().__init__(name, parent, palette)
        self._history: deque[AudioBlock] = deque(maxlen=_BLOCKS_KEPT)
        self._ring: RingImage | None = None
        self._cutter: ColumnCutter | None = None
        self._clock = SampleClock()
        self.pauses = Pauses()
        self._columns_per_s, self._shown_columns = 1.0, 0
        self._stale_since_ns: int | None = None
        self._end_s: float | None = None
        self._zero_s = 0.0
        self._kept: tuple[AudioBlock, ...] | None = None
        self._painted_ns = self._described_ns = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 80)

    @property
    def rate(self) -> int:
        """Samples per second of the newest sound, 0 before the first."""
        return self._history[-1].rate if self._history else 0

    def add(self, block: AudioBlock) -> None:
        """More sound, in the order it was captured."""
        if self._history and self._history[-1].rate != block.rate:
            self.clear()
        if not self._history:
            self.update()  # the axis depends on the rate
        end_s = block.captured_ns / 1e9
        self.measure(block)
        self.pauses.hear(end_s - len(block.samples) / block.rate, end_s)
        paused_ns = round((end_s - self.pauses.to_sound(end_s)) * 1e9)
        if paused_ns:
            block = replace(block, captured_ns=block.captured_ns - paused_ns)
        self._history.append(block)
        oldest_ns = block.captured_ns - int((SHOWN_S + _SPARE_S) * 1e9)
        while self._history[0].captured_ns < oldest_ns:
            self._history.popleft()
        self._keep(end_s)
        if self._kept is not None:
            return
        if self._ring is not None and self.isVisible():
            self._push(block)
        else:
            self._ring = None

    def clear(self) -> None:
        """Forget everything."""
        self._history.clear()
        self._ring = None
        self._clock = SampleClock()
        self.pauses.clear()
        self.hold(None)
        self.update()

    def hold(self, end_s: float | None, zero_s: float | None = None) -> None:
        """End at that moment, with what comes until then; None goes on with the clock.

        What comes later is collected, and there once it goes on. The axis counts from `zero_s`.
        """
        if end_s == self._end_s:
            return
        self._end_s = end_s
        self._zero_s = 0.0
        if end_s is not None and zero_s is not None:
            self._zero_s = self.pauses.to_sound(zero_s) - self.pauses.to_sound(end_s)
        if self._kept is not None or end_s is None:
            self._kept = self._ring = None  # made anew of all there is
        self._keep(time.monotonic())
        self.update()
        self.held.emit(end_s)

    def rest(self, *, resting: bool) -> None:
        """Stay where the sound ends, as nothing is played on from now on; or go on."""
        self.pauses.rest(resting=resting)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for a cursor."""
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        inside = self.plotted().contains(event.position())
        if control and inside and event.button() is Qt.MouseButton.LeftButton:
            self.cursor_wanted.emit(self.moment_at(event.position().x()))
        super().mousePressEvent(event)

    @property
    def held_s(self) -> float | None:
        """The moment that it ends at, None while it goes on with the clock."""
        return self._end_s

    def moment_at(self, x: float) -> float:
        """The moment shown at a place of the widget."""
        plot = self.plotted()
        at_s = self._edge_s() - (plot.right() - x) / plot.width() * SHOWN_S
        return self.pauses.to_clock(at_s)

    def place_of(self, at_s: float) -> float:
        """Where a moment is shown; outside of `plotted` if it is not on show."""
        plot = self.plotted()
        back_s = self._edge_s() - self.pauses.to_sound(at_s)
        return plot.right() - back_s / SHOWN_S * plot.width()

    def plotted(self) -> QRectF:
        """Where the sound is drawn."""
        return QRectF(self.plot_area())

    @property
    def shown_blocks(self) -> Iterable[AudioBlock]:
        """The sound on show, oldest first."""
        return self._history if self._kept is None else self._kept

    def _keep(self, now_s: float) -> None:
        """Once all that is awaited has come, keep it as it is."""
        if self._end_s is not None and self._kept is None and now_s >= self._end_s:
            self._kept = tuple(self._history)

    def _edge_s(self) -> float:
        """The moment of the sound at the right edge."""
        at_s = time.monotonic() - _DELAY_S if self._end_s is None else self._end_s
        return self.pauses.to_sound(at_s)

    def tick(self, now_ns: int) -> None:
        """Scroll to now; cheap when nothing would move by a pixel."""
        if not self.isVisible() or not self._history:
            return
        self._keep(now_ns / 1e9)
        settled = self._stale_since_ns is not None and now_ns - self._stale_since_ns >= _SETTLE_NS
        scrolls = self._kept is None and now_ns - self._painted_ns >= 1e9 / self._columns_per_s
        if settled or scrolls:
            self.update(self.plot_area())
        if now_ns - self._described_ns >= 2 * TEXT_PERIOD_NS:
            self._described_ns = now_ns
            self.describe()

    def plot_area(self) -> QRect:
        """Where the sound is drawn, inside the axes."""
        return self.rect().adjusted(_GUTTER, _TOP, -_RIGHT, -_SCALE)

    def palette_changed(self) -> None:
        """Draw everything again in the new colours."""
        self._ring = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sound, and the axes only when they are asked for."""
        self._painted_ns = time.monotonic_ns()
        painter = QPainter(self)
        plot = self.plot_area()
        if not plot.contains(event.rect()):
            painter.fillRect(self.rect(), self.roles.color("surface"))
            painter.setFont(tabular(self.font(), CAPTION_PX))
            painter.setPen(self.roles.color("text_muted"))
            self._paint_time_axis(painter, plot)
            self.paint_level_axis(painter, plot)
        if plot.width() < 2 or plot.height() < 2:
            return
        if not self._history:
            painter.fillRect(plot, self.ground())
            message = EmptyMessage("", tr("No sound yet"))
            area = QRectF(plot)
            draw_message(painter, area, message, self.roles, self.font(), with_sign=False)
            return
        self._paint_sound(painter, plot)

    @abstractmethod
    def ground(self) -> int:
        """Colour of nothing, 0xffRRGGBB."""

    @abstractmethod
    def cutter(self, hop: float, rows: int) -> ColumnCutter:
        """A new cutter for columns of `hop` samples, drawn in `rows` device pixels."""

    @abstractmethod
    def columns(self, windows: Array) -> Array:
        """uint32 [rows, n] colours for the windows [n, size] of the cutter."""

    @abstractmethod
    def paint_level_axis(self, painter: QPainter, plot: QRect) -> None:
        """The axis at the left; font and pen are set."""

    def paint_over(self, painter: QPainter, plot: QRect, edge_s: float) -> None:
        """For views that mark times; the right edge of the plot is at `edge_s`."""

    def measure(self, block: AudioBlock) -> None:
        """For views that keep numbers about the sound."""

    def _paint_sound(self, painter: QPainter, plot: QRect) -> None:
        ratio = self.devicePixelRatioF()
        left, top = round(plot.x() * ratio), round(plot.y() * ratio)
        target = QRect(left, top, round(plot.width() * ratio), round(plot.height() * ratio))
        self._fit(target)
        ring, end_s = self._ring, self._clock.end_s
        if ring is None or end_s is None:
            return
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        late_s = self._edge_s() - end_s
        ahead = round(late_s * self._columns_per_s)
        # A file's blocks may be stamped ahead of the clock; what is not due yet stays hidden.
        ahead = max(ahead, -round(_SPARE_S * self._columns_per_s))
        ring.paint(painter, target, ahead)
        painter.restore()
        self.paint_over(painter, plot, end_s + ahead / self._columns_per_s)

    def _fit(self, target: QRect) -> None:
        """Make the ring anew for another size, once the size has settled."""
        ring = self._ring
        if ring is not None and (self._shown_columns, ring.rows) == (
            target.width(),
            target.height(),
        ):
            self._stale_since_ns = None
            return
        now_ns = time.monotonic_ns()
        self._stale_since_ns = self._stale_since_ns or now_ns
        if ring is None or now_ns - self._stale_since_ns >= _SETTLE_NS:
            self._stale_since_ns = None
            self._rebuild(target.width(), target.height())

    def _rebuild(self, columns: int, rows: int) -> None:
        self._shown_columns = columns
        self._columns_per_s = columns / SHOWN_S
        spare = round(_SPARE_S * self._columns_per_s) + 1
        self._ring = RingImage(columns + spare, rows, self.ground())
        self._cutter = self.cutter(self.rate / self._columns_per_s, rows)
        self._clock = SampleClock()
        for block in self.shown_blocks:
            self._push(block)

    def _push(self, block: AudioBlock) -> None:
        ring, cutter = self._ring, self._cutter
        if ring is None or cutter is None:
            return
        gap_s = self._clock.advance(block)
        ring.skip(round(gap_s * self._columns_per_s))
        windows = cutter.add(block.samples)
        if len(windows):
            ring.push(self.columns(windows))

    def _paint_time_axis(self, painter: QPainter, plot: QRect) -> None:
        zero_s = self._zero_s
        for at in ticks(-SHOWN_S - zero_s, -zero_s, max(2, plot.width() // 80)):
            x = plot.right() + (at + zero_s) / SHOWN_S * plot.width()
            text = around(at) if zero_s else ago(at)
            last = x > plot.right() - 20
            side = Qt.AlignmentFlag.AlignRight if last else Qt.AlignmentFlag.AlignHCenter
            label = QRectF(x - (80 if last else 40), plot.bottom() + 1, 80, _SCALE)
            painter.drawText(label, side | Qt.AlignmentFlag.AlignVCenter, text)

    def write_level(self, painter: QPainter, plot: QRect, y: float, text: str) -> None:
        """A text of the left axis at a height."""
        y = min(max(y, plot.top() + 6.0), plot.bottom() - 6.0)
        label = QRectF(0, y - 8, _GUTTER - 6, 16)
        painter.drawText(label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
