"""How much goes through: results and bytes per second over the last minute."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from backend.core.tensors import Array
from backend.core.traffic import TrafficRates
from gui.views.plots.legend import Entry, Legend
from gui.views.plots.marks import MarksOver
from gui.views.plots.readout import ReadoutLine, Sampled
from gui.views.plots.series import SeriesRing, polyline, value_at
from gui.views.plots.strip import StripPlot
from gui.views.scales import SteadyTop, byte_rate
from gui.views.view import PLOT_PERIOD_NS, TEXT_PERIOD_NS, View
from gui.widgets.language import number, tr
from gui.widgets.theme import DARK, Palette

_WINDOW_S = 60.0
_ROWS = (slice(0, 2), slice(2, 6))
_NOTHING = (0.0,) * 6


class ThroughputView(View):
    """Rates above, bytes below; R shows the whole window again."""

    keys = frozenset({Qt.Key.Key_R})
    held = Signal(object)
    """It ends at that moment from now on, or None: it goes on with the clock."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Throughput"), parent, palette)
        self._rings = tuple(SeriesRing(2048) for _ in _NOTHING)
        self._newest: tuple[float, ...] = _NOTHING
        self._estimated = False
        self._step = 0
        self._tops = (SteadyTop(least=10.0), SteadyTop(least=1000.0))
        self._plots = (
            StripPlot(tr("Results per second"), _WINDOW_S, parent=self, palette=palette),
            StripPlot(tr("Bytes per second"), _WINDOW_S, byte_rate, self, palette),
        )
        self._legends = (Legend(self, palette), Legend(self, palette))
        self._drawn_ns = self._text_ns = self._now_ns = 0
        self._end_s: float | None = None
        self._kept: tuple[Array, ...] | None = None
        self.marks = tuple(MarksOver(plot, plot, palette) for plot in self._plots)
        self.readout = ReadoutLine(self, palette)
        layout = QHBoxLayout(self)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (layout, left, right):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
        for row, (plot, legend) in enumerate(zip(self._plots, self._legends, strict=True)):
            plot.set_top(self._tops[row].value)
            plot.set_left_width(76)
            share = 1 + _ROWS[row].stop - _ROWS[row].start
            left.addWidget(plot, share)
            right.addWidget(legend, share)
        left.addWidget(self.readout)
        layout.addLayout(left, 1)
        layout.addLayout(right)
        self.setMinimumSize(280, 140)

    @property
    def summary(self) -> str:
        """The newest rates."""
        rate_in, rate_out, out, back, _, _ = self._newest
        return tr(
            "in {rate_in} per second, out {rate_out} per second, sent {sent}, received {received} "
            "on the wire",
            rate_in=_rate(rate_in),
            rate_out=_rate(rate_out),
            sent=self._wire_out(out),
            received=byte_rate(back),
        )

    def add(
        self,
        now_ns: int,
        rate_in: float,
        rate_out: float,
        traffic: TrafficRates,
    ) -> None:
        """One reading: items captured and answered per second, bytes sent and received."""
        if not self._step:
            self._drawn_ns = self._text_ns = 0
        self._step += 1
        wire = traffic.wire_out, traffic.wire_in
        self._newest = (rate_in, rate_out, *wire, traffic.bytes_out, traffic.bytes_in)
        self._estimated = traffic.estimated
        for ring, value in zip(self._rings, self._newest, strict=True):
            ring.append(now_ns / 1e9, value, self._step)
        self._now_ns = now_ns

    def lines(self) -> dict[str, Array]:
        """What is kept of each line by its name: [2, n], monotonic seconds and values a second."""
        names = ("in", "out", "wire_out", "wire_in", "bytes_out", "bytes_in")
        rings = zip(names, self._rings, strict=True)
        return {name: ring.since(-math.inf)[:2].copy() for name, ring in rings}

    @property
    def held_s(self) -> float | None:
        """The moment that it ends at, None while it goes on with the clock."""
        return self._end_s

    @property
    def window_s(self) -> float:
        """The seconds that it shows, zoomed or not."""
        return _WINDOW_S

    @property
    def plots(self) -> tuple[StripPlot, ...]:
        """What cursors can be put on."""
        return self._plots

    def hold(self, end_s: float | None, zero_s: float | None = None) -> None:
        """End at that moment, with what comes until then; None goes on with the clock.

        What comes later is collected, and there once it goes on. The axis counts from `zero_s`.
        """
        if end_s == self._end_s:
            return
        self._end_s, self._kept = end_s, None
        for plot in self._plots:
            plot.set_zero(None if end_s is None or zero_s is None else zero_s - end_s)
        self._redraw(time.monotonic())
        self._refresh_legends()
        self.held.emit(end_s)

    def sampled(self, at_s: float) -> list[Sampled]:
        """What every line has at a moment, of what is on show."""
        windows = self._kept or self._windows(time.monotonic())
        found = []
        for row, (_, names, text) in enumerate(_texts()):
            for place, name in enumerate(names):
                value = value_at(windows[_ROWS[row]][place], at_s)
                found.append(Sampled(name, self._color(place), value, text))
        return found

    def clear(self) -> None:
        """Forget everything."""
        self.hold(None)
        for ring in self._rings:
            ring.clear()
        self._newest, self._step, self._text_ns = _NOTHING, 0, 0

    def tick(self, now_ns: int) -> None:
        """Scroll to now; cheap when nothing would move by a pixel."""
        self._now_ns = now_ns
        is_plot_due = now_ns - self._drawn_ns >= PLOT_PERIOD_NS
        is_text_due = now_ns - self._text_ns >= TEXT_PERIOD_NS
        if not (is_plot_due or is_text_due) or not self.isVisible():
            return
        if is_plot_due and now_ns - self._drawn_ns >= self._plots[0].pixel_s * 1e9:
            self._drawn_ns = now_ns
            self._redraw(now_ns / 1e9)
        elif is_text_due:
            self._text_ns = now_ns
            self._refresh_legends()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """R shows the whole window again."""
        if event.key() == Qt.Key.Key_R and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            for plot in self._plots:
                plot.reset_zoom()
        else:
            super().keyPressEvent(event)

    def palette_changed(self) -> None:
        """Pass the colours on."""
        for part in (*self._plots, *self._legends, *self.marks, self.readout):
            part.set_palette_roles(self.roles)
        if self._drawn_ns:
            self._redraw(self._drawn_ns / 1e9)  # as it was: nothing may go on
            self._refresh_legends()

    def showEvent(self, event: QShowEvent) -> None:
        """What came while it was hidden: after a run no tick draws it."""
        super().showEvent(event)
        self._drawn_ns = self._text_ns = self._now_ns or time.monotonic_ns()
        self._redraw(self._drawn_ns / 1e9)
        self._refresh_legends()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legends grow along, and give way where there is little room."""
        super().resizeEvent(event)
        for legend in self._legends:
            legend.fit(self.width())

    def _windows(self, end_s: float) -> tuple[Array, ...]:
        return tuple(ring.since(end_s - _WINDOW_S - 1).copy() for ring in self._rings)

    def _redraw(self, now_s: float) -> None:
        end_s = now_s if self._end_s is None else self._end_s
        windows = self._kept or self._windows(end_s)
        if self._end_s is not None and now_s >= self._end_s:
            self._kept = windows
        for row, plot in enumerate(self._plots):
            lines = windows[_ROWS[row]]
            top = self._tops[row]
            top.update(max((float(points[1].max(initial=0.0)) for points in lines), default=0.0))
            plot.set_top(top.value)
            plot.end_s = end_s
            for place, points in enumerate(lines):
                x, y, joins = polyline(points)
                plot.set_line(place, x - end_s, y / top.value, joins, self._color(place))
            plot.set_notice("" if self._step else tr("No run yet"))

    def _refresh_legends(self) -> None:
        frozen = "" if self._end_s is None else tr("frozen, F resumes")
        for row, (heading, names, text) in enumerate(_texts()):
            values = self._newest[_ROWS[row]]
            entries = [
                Entry(self._color(place), name, self._sign(row, place) + text(value))
                if self._step
                else Entry(self._color(place), name, "–")
                for place, (name, value) in enumerate(zip(names, values, strict=True))
            ]
            self._legends[row].show_entries(frozen or heading, entries)
        self.describe()

    def _wire_out(self, value: float) -> str:
        return f"≈ {byte_rate(value)}" if self._estimated else byte_rate(value)

    def _sign(self, row: int, place: int) -> str:
        """What stands before the value of a line: bytes sent may be estimated."""
        return "≈ " if self._estimated and (row, place) == (1, 0) else ""

    def _color(self, place: int) -> QColor:
        return self.roles.series_color(place)


def _texts() -> tuple[tuple[str, tuple[str, ...], Callable[[float], str]], ...]:
    """Heading and names of the lines of each plot, and what writes their values."""
    return (
        (tr("per second"), (tr("in"), tr("out")), _rate),
        (tr("bytes"), (tr("sent"), tr("received"), tr("message out"), tr("message in")), byte_rate),
    )


def _rate(value: float) -> str:
    return number(value, 1)
