"""How sure the model was over the last half minute: a line per label, scrolling by the clock."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from backend.core.predictions import (
    Classification,
    Detections,
    Mask,
    Predictions,
    Scalar,
    Scalars,
)
from backend.core.tensors import Array
from gui.views.class_hues import ClassHues, class_name
from gui.views.moments import around
from gui.views.plots.class_strip import ClassStrip
from gui.views.plots.drawn import Drawn, DrawnLine, scalar_line, score_line
from gui.views.plots.legend import Entry, Legend
from gui.views.plots.marks import MarksOver
from gui.views.plots.reading import Reading
from gui.views.plots.readout import ReadoutLine, Sampled
from gui.views.plots.series import Latch, Scored, SeriesRing, measured, polyline, scored
from gui.views.plots.stretches import Stretch, Stretches, winner
from gui.views.plots.strip import AXIS_WIDTH, RIGHT_MARGIN, StripPlot
from gui.views.scales import short
from gui.views.view import PLOT_PERIOD_NS, TEXT_PERIOD_NS, View
from gui.widgets.language import number, tr
from gui.widgets.theme import DARK, Palette

_BEST = 5
_MEASURED = 3
_WINDOW_S = 30.0
_MARGIN_S = 1.0
_SCORED = (Classification, Detections, Mask, Scalars)


class ProbabilityTimeline(View):
    """Scores in 0..1 and numbers with a unit; F freezes, R resets zoom, the wheel zooms time."""

    keys = frozenset({Qt.Key.Key_F, Qt.Key.Key_R})
    held = Signal(object)
    """It ends at that moment from now on, or None: it goes on with the clock."""
    cleared = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        palette: Palette = DARK,
        *,
        hues: ClassHues | None = None,
    ) -> None:
        super().__init__(tr("Probability timeline"), parent, palette)
        self._hues = hues or ClassHues()
        self._plot = StripPlot(tr("Scores over time"), _WINDOW_S, parent=self, palette=palette)
        self._legend = Legend(self, palette)
        self._strip = ClassStrip(AXIS_WIDTH, RIGHT_MARGIN, self, palette)
        self._strip.hide()
        self.marks = MarksOver(self._plot, self._plot, palette, self._plot)
        self.readout = ReadoutLine(self, palette)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._plot, 1)
        column.addWidget(self._strip)
        row = QHBoxLayout()
        row.addLayout(column, 1)
        row.addWidget(self._legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row, 1)
        layout.addWidget(self.readout)
        self._step = 0
        self._newest_s = 0.0
        self._end_s: float | None = None
        self._zero_s: float | None = None
        self._kept: Drawn | None = None
        self._reading: Reading | None = None
        self._drawn_ns = self._text_ns = self._now_ns = 0
        self._stretches = Stretches()
        self._forget()
        self.setMinimumSize(200, 110)

    @property
    def summary(self) -> str:
        """The newest value of every line."""
        newest = self._drawn(self._newest_s)
        return ", ".join(f"{e.name} {e.value}" for e in self._entries(newest, self._newest_s))

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Who holds each of the places for scores."""
        return self._latch.labels

    @property
    def frozen(self) -> bool:
        """Whether time stands still in the plot."""
        return self._end_s is not None

    @property
    def window_s(self) -> float:
        """The seconds that it shows, zoomed or not."""
        return self._plot.window_s

    @property
    def plots(self) -> tuple[StripPlot, ...]:
        """What cursors can be put on."""
        return (self._plot,)

    def set_window(self, window_s: float) -> None:
        """Show this many seconds."""
        self.freeze(frozen=False)
        self._plot.set_window(window_s)
        self._redraw(time.monotonic_ns())

    def add(self, captured_ns: int, predictions: Predictions) -> None:
        """A prediction, at the capture time of its sample."""
        at_s = captured_ns / 1e9
        if not self._step:
            self._drawn_ns = self._text_ns = 0
        self._step += 1
        self._newest_s = max(self._newest_s, at_s)
        self._scorable |= any(isinstance(prediction, _SCORED) for prediction in predictions)
        self._add_scores(at_s, scored(predictions), captured_ns)
        if (best := winner(predictions)) is not None:
            self._stretches.add(at_s, best)
        self._add_scalars(at_s, measured(predictions), captured_ns)

    def clear(self) -> None:
        """Forget everything, for another model or source."""
        self._forget()
        self._plot.clear_lines()
        self._plot.clear_right_axis()
        self._redraw(time.monotonic_ns())
        self.cleared.emit()

    def tick(self, now_ns: int) -> None:
        """Scroll to now; cheap when nothing would move by a pixel."""
        self._now_ns = now_ns
        if now_ns - self._drawn_ns < PLOT_PERIOD_NS or not self.isVisible():
            return
        if now_ns - self._drawn_ns >= self._plot.pixel_s * 1e9:
            self._redraw(now_ns)

    def lines(self) -> dict[str, Array]:
        """What is kept of each line by its name: [2, n], monotonic seconds and values."""
        found = {}
        for place, label in enumerate((*self._latch.labels, *self._scalar_latch.labels)):
            if label is None:
                continue
            points = self._rings[place].since(-math.inf)[:2].copy()
            if place >= _BEST:
                scale = self._ranges[label]
                points[1] = scale.low + points[1] * ((scale.high - scale.low) or 1.0)
            found[label] = points
        if self._reading is not None:
            found[self._reading.name] = self._reading.since(-math.inf)[:2]
        return found

    def freeze(self, frozen: bool) -> None:
        """Let time stand still, or catch up with it."""
        if frozen != self.frozen:
            self.hold(time.monotonic() if frozen else None)

    def hold(self, end_s: float | None, zero_s: float | None = None) -> None:
        """End at that moment, with what comes until then; None goes on with the clock.

        What comes later is collected, and there once it goes on. The axis counts from `zero_s`.
        """
        if end_s == self._end_s:
            return
        now_ns = time.monotonic_ns()
        self._end_s, self._zero_s, self._kept = end_s, zero_s, None
        if end_s is not None and end_s <= now_ns / 1e9:
            self._kept = self._drawn(end_s)
        self._plot.set_zero(None if end_s is None or zero_s is None else zero_s - end_s)
        self._redraw(now_ns)
        self.held.emit(end_s)

    def show_reading(self, reading: Reading | None) -> None:
        """Draw one more line with the axis at the right; its owner adds to it."""
        self._reading = reading
        self._plot.clear_lines()
        self._redraw(time.monotonic_ns())

    def line(self, name: str) -> DrawnLine | None:
        """A line as it is on show, by its name."""
        return next((line for line in self._on_show.lines if line.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the lines on show."""
        return tuple(line.name for line in self._on_show.lines)

    @property
    def _on_show(self) -> Drawn:
        return self._kept or self._drawn(time.monotonic())

    def sampled(self, at_s: float) -> list[Sampled]:
        """What every line has at a moment, of what is on show."""
        return [
            Sampled(line.name, self._color(line), line.value_at(at_s), line.text)
            for line in self._on_show.lines
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F freezes and resumes, R shows the whole window again."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_F:
            self.freeze(not self.frozen)
        elif plain and event.key() == Qt.Key.Key_R:
            self._plot.reset_zoom()
        else:
            super().keyPressEvent(event)

    def palette_changed(self) -> None:
        """Pass the colours on."""
        self._plot.set_palette_roles(self.roles)
        self._legend.set_palette_roles(self.roles)
        self._strip.set_palette_roles(self.roles)
        self.marks.set_palette_roles(self.roles)
        self.readout.set_palette_roles(self.roles)
        self._redraw(self._drawn_ns or time.monotonic_ns())  # what stands still goes on doing so

    def showEvent(self, event: QShowEvent) -> None:
        """What came while it was hidden: after a run no tick draws it."""
        super().showEvent(event)
        self._text_ns = 0
        self._redraw(self._now_ns or time.monotonic_ns())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend grows along, and gives way where there is little room."""
        super().resizeEvent(event)
        self._legend.fit(self.width())

    def _forget(self) -> None:
        self._latch, self._scalar_latch = Latch(_BEST), Latch(_MEASURED)
        self._rings = [SeriesRing() for _ in range(_BEST + _MEASURED)]
        self._ranges: dict[str, Scalar] = {}
        self._step, self._newest_s = 0, 0.0
        self._end_s = self._zero_s = self._kept = None
        self._plot.set_zero(None)
        if self._reading is not None:
            self._reading.clear()
        self._scorable = False
        self._stretches.clear()

    def _add_scores(self, at_s: float, found: list[Scored], now_ns: int) -> None:
        for place in self._latch.update((item.label for item in found[:_BEST]), now_ns):
            self._rings[place].clear()
        by_label = {item.label: item.score for item in found}
        for place, label in enumerate(self._latch.labels):
            if label in by_label:
                value = min(1.0, max(0.0, by_label[label]))
                self._rings[place].append(at_s, value, self._step)

    def _add_scalars(self, at_s: float, found: list[Scalar], now_ns: int) -> None:
        for place in self._scalar_latch.update((item.name for item in found), now_ns):
            self._rings[_BEST + place].clear()
        for item in found:
            self._ranges[item.name] = item
            # Outside its range means no reading, such as 0 Hz for no pitch: a gap, not a low value.
            if item.name in self._scalar_latch.labels and item.low <= item.value <= item.high:
                place = self._scalar_latch.labels.index(item.name)
                part = (item.value - item.low) / ((item.high - item.low) or 1.0)
                self._rings[_BEST + place].append(at_s, part, self._step)

    def _drawn(self, end_s: float) -> Drawn:
        """Everything as it is now, of the seconds before that moment."""
        start_s = end_s - self._plot.window_s - _MARGIN_S
        windows = [ring.since(start_s).copy() for ring in self._rings]
        scores = tuple(
            None if name is None else score_line(name, self._hues.number(name), points)
            for name, points in zip(self._latch.labels, windows, strict=False)
        )
        last = len(self.roles.series) - 1
        others = [
            None if name is None else scalar_line(self._ranges[name], last - place, points)
            for place, (name, points) in enumerate(
                zip(self._scalar_latch.labels, windows[_BEST:], strict=True)
            )
        ]
        if (reading := self._reading) is not None:
            points = reading.window(start_s)
            others.append(
                DrawnLine(reading.name, None, points, reading.low, reading.high, reading.text)
            )
        stretches = tuple(self._stretches.between(start_s, end_s))
        return Drawn(end_s, scores, tuple(others), stretches)

    def _redraw(self, now_ns: int) -> None:
        self._drawn_ns = now_ns
        now_s = now_ns / 1e9
        drawn = self._kept or self._drawn(now_s if self._end_s is None else self._end_s)
        if self._end_s is not None and self._kept is None and self._is_complete(now_s):
            self._kept = drawn
        self._plot.end_s = drawn.end_s
        for place, line in enumerate((*drawn.scores, *drawn.others)):
            if line is not None:
                x, y, joins = polyline(line.points)
                self._plot.set_line(place, x - drawn.end_s, y, joins, self._color(line))
        self._plot.set_least(drawn.least_with(self.marks.marks.level))
        self._show_right_axis(drawn)
        self._show_strip(drawn)
        self._plot.set_notice(self._notice())
        self._plot.show_cursor()
        self._refresh_legend(now_ns, drawn)

    def _is_complete(self, now_s: float) -> bool:
        """Whether all is there up to the end, answers on their way included."""
        end_s = self._end_s or 0.0
        return now_s >= end_s and (self._newest_s >= end_s or now_s >= end_s + _MARGIN_S)

    def _show_right_axis(self, drawn: Drawn) -> None:
        """That of the reading, else that of the first number with a unit."""
        first = drawn.reading or drawn.others[0]
        if first is not None:
            self._plot.set_right_axis(first.low, first.high, short)
        else:
            self._plot.clear_right_axis()

    def _show_strip(self, drawn: Drawn) -> None:
        """Below the lines, where classes exclude each other: which of them won when."""
        if self._strip.isHidden() is bool(drawn.stretches):
            self._strip.setVisible(bool(drawn.stretches))
        if drawn.stretches:
            start_s, end_s = (drawn.end_s + at for at in self._plot.shown_s)
            shown = tuple(s for s in drawn.stretches if s.end_s >= start_s and s.start_s <= end_s)
            self._strip.show_stretches(shown, start_s, end_s, self._strip_color)

    def _strip_color(self, stretch: Stretch) -> QColor:
        name = class_name(stretch.label, stretch.index)
        return self.roles.series_color(self._hues.number(name))

    def _notice(self) -> str:
        """Why there is no line, '' where there is one."""
        if not self._step:
            return tr("Waiting for the first prediction")
        if any(label is not None for label in (*self._latch.labels, *self._scalar_latch.labels)):
            return ""
        if self._scorable:
            return tr("Nothing found yet")
        return tr("This model gives no scores, so there is nothing to plot")

    def _refresh_legend(self, now_ns: int, drawn: Drawn) -> None:
        cursor_s = self._plot.cursor_s
        # Under the cursor values follow at once; otherwise they change slowly enough to be read.
        if cursor_s is None and now_ns - self._text_ns < TEXT_PERIOD_NS:
            return
        self._text_ns = now_ns
        at_s = max(self._newest_s, 0.0) if cursor_s is None else drawn.end_s + cursor_s
        if self._kept is not None and cursor_s is None:
            at_s = drawn.end_s
        heading = tr("frozen, F resumes") if self.frozen else tr("newest")
        if cursor_s is not None:
            heading = f"−{number(-cursor_s, 1)} s"
            if self._zero_s is not None:
                heading = around(round(drawn.end_s + cursor_s - self._zero_s, 1))
        self._legend.show_entries(heading, self._entries(drawn, at_s) if self._step else ())
        self.describe()

    def _entries(self, drawn: Drawn, at_s: float) -> list[Entry]:
        entries = []
        for line in drawn.lines:
            value = line.value_at(at_s)
            text = "–" if value is None else line.text(value)
            entries.append(Entry(self._color(line), line.name, text))
        return entries

    def _color(self, line: DrawnLine) -> QColor:
        return self.roles.color("text") if line.hue is None else self.roles.series_color(line.hue)
