"""Sound drawn three ways: waveform, level meter and mel spectrogram."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.core.samples import AudioBlock
from backend.core.tensors import Array
from gui.views.scales import hertz, milliseconds
from gui.views.sound.level import SILENCE_DB, Level, decibels
from gui.views.sound.scrolling import SHOWN_S, ScrollingSound
from gui.views.sound.spectrum import ColumnCutter, MelRows, MelSpectrum, fft_size
from gui.views.view import TEXT_PERIOD_NS, View
from gui.widgets.language import number, tr
from gui.widgets.theme import CAPTION_PX, DARK, GAP, Palette, tabular

_FRAME, _SHADOW = QColor(255, 255, 255, 230), QColor(0, 0, 0, 160)
_AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_FREQUENCIES = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)
_LABEL_GAP = 15.0
_METER_MARKS = (0, -12, -24, -36, -48, -60, -6)
_LOUD_DB, _TOO_LOUD_DB = -12.0, -3.0
_METER_HEIGHT = 42
_MARK_GAP = 30.0
_JITTER_S = 0.05
"""Blocks may be stamped so far apart although their sound follows without a gap."""


class WaveformView(ScrollingSound):
    """Lowest and highest sample of every screen column; full scale is drawn in red."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Waveform"), parent, palette)
        self._rows = 1
        self._level = Level()

    @property
    def summary(self) -> str:
        """The level of the sound."""
        if not self.rate:
            return ""
        peak = number(self._level.peak)
        return tr("sound at {rate} Hz, peak {peak} dBFS", rate=self.rate, peak=peak)

    def level_at(self, at_s: float) -> float | None:
        """The peak in dBFS of the hundredth of a second around a moment, None where there is no
        sound."""
        at_s = self.pauses.to_sound(at_s)
        for block in self.shown_blocks:
            end_s = block.captured_ns / 1e9
            start_s = end_s - len(block.samples) / block.rate
            if start_s - _JITTER_S <= at_s <= end_s:
                middle, reach = int((at_s - start_s) * block.rate), block.rate // 200
                near = block.samples[max(0, middle - reach) : max(1, middle + reach)]
                return decibels(float(np.abs(near).max(initial=0.0)))
        return None

    def measure(self, block: AudioBlock) -> None:
        """Keep the level for the summary."""
        self._level.hear(block.samples, block.captured_ns / 1e9)

    def ground(self) -> int:
        """The colour of the surface."""
        return int(self.roles.color("surface").rgb())

    def cutter(self, hop: float, rows: int) -> ColumnCutter:
        """Windows that follow each other without a gap."""
        self._rows = rows
        return ColumnCutter(hop, max(2, int(np.ceil(hop))))

    def columns(self, windows: Array) -> Array:
        """A bar from the lowest to the highest sample over the centre line."""
        middle = (self._rows - 1) / 2
        low, high = windows.min(axis=1), windows.max(axis=1)
        top = np.round(middle - np.clip(high, -1, 1) * middle)
        bottom = np.round(middle - np.clip(low, -1, 1) * middle)
        y = np.arange(self._rows)[:, None]
        colors = np.full((self._rows, len(windows)), self.ground(), np.uint32)
        colors[round(middle)] = self.roles.color("border").rgb()
        full = np.maximum(np.abs(low), np.abs(high)) >= 0.999
        ink = np.where(full, self.roles.color("error").rgb(), self.roles.color("accent").rgb())
        return np.where((y >= top) & (y <= bottom), ink.astype(np.uint32), colors)

    def paint_level_axis(self, painter: QPainter, plot: QRect) -> None:
        """Full scale, the middle and full scale down."""
        for value, text in ((1.0, "1"), (0.0, "0"), (-1.0, "−1")):
            self.write_level(painter, plot, plot.center().y() - value * plot.height() / 2, text)


class SpectrogramView(ScrollingSound):
    """Ten seconds of sound on the mel scale, -100 to 0 dB."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Spectrogram"), parent, palette)
        self._mel: MelSpectrum | None = None
        self._per_column = 1
        self._strongest_hz = 0.0
        self._looked_at: tuple[float, float] | None = None

    def show_window(self, end_ns: int, seconds: float) -> None:
        """Mark the stretch of sound that the newest answer is about; its last sample's moment.

        What stands still keeps the one it has.
        """
        end_s = end_ns / 1e9
        if self.held_s is None or end_s <= self.held_s:
            self._looked_at = end_s - seconds, end_s

    def forget_window(self) -> None:
        """Nothing was answered about this sound."""
        self._looked_at = None
        self.update()

    def clear(self) -> None:
        """Forget the sound, and what was answered about it."""
        self._looked_at = None
        super().clear()

    def paint_over(self, painter: QPainter, plot: QRect, edge_s: float) -> None:
        """A frame around what the model looked at last, with its length beside it."""
        if self._looked_at is None:
            return
        per_s = plot.width() / SHOWN_S
        ends = map(self.pauses.to_sound, self._looked_at)
        left, right = (plot.right() + 1 - (edge_s - at) * per_s for at in ends)
        area = QRectF(left, plot.top(), right - left, plot.height()).intersected(QRectF(plot))
        if area.width() < 1:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, inset in ((_SHADOW, 0.5), (_FRAME, 1.5)):
            painter.setPen(QPen(color, 1))
            painter.drawRect(area.adjusted(inset, inset, -inset, -inset))
        length_s = self._looked_at[1] - self._looked_at[0]
        length = f"{number(length_s, 1)} s" if length_s >= 1 else milliseconds(length_s * 1000)
        text = tr("model's window {length}", length=length)
        painter.setFont(tabular(self.font(), CAPTION_PX))
        beside = QRectF(plot.left(), plot.top() + GAP / 2, area.left() - plot.left() - GAP, 16)
        for color, shift in ((_SHADOW, 1.0), (_FRAME, 0.0)):
            painter.setPen(color)
            painter.drawText(beside.translated(shift, shift), _AT_RIGHT, text)

    @property
    def summary(self) -> str:
        """The strongest frequency of the newest sound."""
        strongest = self._strongest_hz
        return tr("strongest near {rate} Hz", rate=number(strongest)) if strongest else ""

    def ground(self) -> int:
        """The colour of silence."""
        return int(color_table()[0])

    def cutter(self, hop: float, rows: int) -> ColumnCutter:
        """Windows that overlap by half at least: wide columns are the mean of several."""
        self._mel = MelSpectrum(self.rate, rows)
        size = fft_size(self.rate)
        self._per_column = max(1, int(np.ceil(hop / (size / 2))))
        return ColumnCutter(hop, size, self._per_column)

    def columns(self, windows: Array) -> Array:
        """Colours of the levels."""
        if self._mel is None:
            return np.zeros((1, 0), np.uint32)
        levels = self._mel.levels(windows, self._per_column)
        newest = levels[:, -1]
        self._strongest_hz = float(self._mel.frequencies[newest.argmax()]) if newest.any() else 0.0
        return color_table()[levels]

    def paint_level_axis(self, painter: QPainter, plot: QRect) -> None:
        """Frequencies, as many as there is room for, from the top."""
        if not self.rate:
            return
        scale = MelRows(self.rate, plot.height())
        last = -_LABEL_GAP
        for frequency in reversed(_FREQUENCIES):
            if frequency > self.rate / 2:
                continue
            y = plot.top() + scale.row_of(frequency)
            if y - last >= _LABEL_GAP:
                self.write_level(painter, plot, y, hertz(frequency))
                last = y


@cache
def color_table() -> Array:
    """uint32 [256] 0xffRRGGBB from silence to full scale; light means loud."""
    from backend.wire.media.screen import level_colors  # OpenCV, which a start does not wait for

    rgb = level_colors().astype(np.uint32)
    return np.asarray(0xFF000000 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2], np.uint32)


class LevelMeter(View):
    """Mean level as a bar, peak with hold as a line, a red cap for two seconds after clipping."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Level meter"), parent, palette)
        self._level = Level()
        self._text, self._text_ns = "", 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(200, _METER_HEIGHT)

    def sizeHint(self) -> QSize:
        """A bar with its scale."""
        return QSize(320, _METER_HEIGHT)

    @property
    def level(self) -> Level:
        """The numbers on show."""
        return self._level

    @property
    def summary(self) -> str:
        """The held peak, and whether the sound clips."""
        peak = tr("peak {peak} dBFS", peak=number(self._level.held, 1))
        return f"{peak}, {tr('clipping')}" if self._level.clipped(time.monotonic()) else peak

    def add(self, block: AudioBlock) -> None:
        """More sound."""
        self._level.hear(block.samples, time.monotonic())

    def clear(self) -> None:
        """Forget everything."""
        self._level = Level()
        self.update()

    def tick(self, now_ns: int) -> None:
        """Let the bars fall with the clock."""
        if not self.isVisible():
            return
        before = (self._level.rms, self._level.peak, self._level.held, self._text)
        self._level.fall(now_ns / 1e9)
        if now_ns - self._text_ns >= TEXT_PERIOD_NS:
            self._text_ns = now_ns
            self._text = self._level_text()
            self.describe()
        level = self._level
        if before != (level.rms, level.peak, level.held, self._text) or level.peak > SILENCE_DB:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint bar, peak, cap, number and scale."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        font = tabular(self.font(), CAPTION_PX)
        painter.setFont(font)
        bar = QRectF(GAP, 8, self.width() - 2 * GAP - 96, 12)
        painter.fillRect(bar, self.roles.color("surface_raised"))
        self._paint_level(painter, bar)
        self._paint_cap(painter, bar)
        painter.setPen(self.roles.color("text_muted"))
        written: list[float] = []
        for mark in _METER_MARKS:
            x = max(self._at(mark, bar), GAP + 8.0)
            if any(abs(x - other) < _MARK_GAP for other in written):
                continue
            written.append(x)
            label = QRectF(x - 20, bar.bottom() + 2, 40, 16)
            text = f"{mark}".replace("-", "−")
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_level(self, painter: QPainter, bar: QRectF) -> None:
        """The mean level in three colours, the peak beyond it paler, the held peak as a line."""
        start = SILENCE_DB
        for end, role in ((_LOUD_DB, "ok"), (_TOO_LOUD_DB, "warning"), (0.0, "error")):
            solid, pale = self.roles.color(role), self.roles.color(role)
            pale.setAlpha(90)
            for level, color in ((self._level.peak, pale), (self._level.rms, solid)):
                if level > start:
                    left, right = self._at(start, bar), self._at(min(level, end), bar)
                    painter.fillRect(QRectF(left, bar.top(), right - left, bar.height()), color)
            start = end
        if self._level.held > SILENCE_DB:
            x = self._at(self._level.held, bar)
            painter.fillRect(QRectF(x - 1, bar.top(), 2, bar.height()), self.roles.color("text"))

    def _paint_cap(self, painter: QPainter, bar: QRectF) -> None:
        clipped = self._level.clipped(time.monotonic())
        cap = QRectF(bar.right() + 2, bar.top(), 8, bar.height())
        role = "error" if clipped else "surface_raised"
        painter.fillRect(cap, self.roles.color(role))
        painter.setPen(self.roles.color("error" if clipped else "text"))
        text = QRectF(cap.right() + 6, 0, self.width() - cap.right() - 6 - GAP, 28)
        painter.drawText(
            text,
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            tr("CLIP") if clipped else self._text,
        )

    def _level_text(self) -> str:
        if self._level.held <= SILENCE_DB:
            return tr("silence")
        return f"{number(self._level.held, 1)} dBFS".replace("-", "−")

    @staticmethod
    def _at(level_db: float, bar: QRectF) -> float:
        share = (min(0.0, max(SILENCE_DB, level_db)) - SILENCE_DB) / -SILENCE_DB
        return bar.left() + share * bar.width()
