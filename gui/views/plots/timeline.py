"""How sure the model was over the last half minute: a line per label, scrolling by the clock."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
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
from gui.views.plots.class_strip import ClassStrip
from gui.views.plots.legend import Entry, Legend
from gui.views.plots.series import Latch, Scored, SeriesRing, measured, polyline, scored, value_at
from gui.views.plots.stretches import Stretch, Stretches, winner
from gui.views.plots.strip import AXIS_WIDTH, RIGHT_MARGIN, StripPlot
from gui.views.scales import short
from gui.views.view import PLOT_PERIOD_NS, TEXT_PERIOD_NS, View
from gui.widgets.language import number, tr
from gui.widgets.theme import DARK, HUES, Palette, hue_of

_BEST = 5
_MEASURED = 3
_WINDOW_S = 30.0
_LEGEND_NEEDS = 420
_MARGIN_S = 1.0
_LEASTS = (0.9, 0.8, 0.5, 0.0)
"""Where the axis may begin."""
_SCORED = (Classification, Detections, Mask, Scalars)


class ProbabilityTimeline(View):
    """Scores in 0..1 and numbers with a unit; F freezes, R resets zoom, the wheel zooms time."""

    keys = frozenset({Qt.Key.Key_F, Qt.Key.Key_R})

    def __init__(self, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(tr("Probability timeline"), parent, palette)
        self._plot = StripPlot(tr("Scores over time"), _WINDOW_S, parent=self, palette=palette)
        self._legend = Legend(self, palette)
        self._strip = ClassStrip(AXIS_WIDTH, RIGHT_MARGIN, self, palette)
        self._strip.hide()
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._plot, 1)
        column.addWidget(self._strip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(column, 1)
        layout.addWidget(self._legend)
        self._step = 0
        self._newest_s = 0.0
        self._frozen: tuple[float, list[Array]] | None = None
        self._drawn_ns = self._text_ns = 0
        self._stretches = Stretches()
        self._forget()
        self.setMinimumSize(200, 110)

    @property
    def summary(self) -> str:
        """The newest value of every line."""
        return ", ".join(f"{entry.name} {entry.value}" for entry in self._entries(self._newest_s))

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Who holds each of the places for scores."""
        return self._latch.labels

    @property
    def frozen(self) -> bool:
        """Whether time stands still in the plot."""
        return self._frozen is not None

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

    def tick(self, now_ns: int) -> None:
        """Scroll to now; cheap when nothing would move by a pixel."""
        if not self.isVisible():
            return
        if now_ns - self._drawn_ns >= max(self._plot.pixel_s * 1e9, PLOT_PERIOD_NS):
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
        return found

    def freeze(self, frozen: bool) -> None:
        """Let time stand still, or catch up with it."""
        if frozen == self.frozen:
            return
        now_ns = time.monotonic_ns()
        self._frozen = (now_ns / 1e9, self._windows(now_ns / 1e9)) if frozen else None
        self._redraw(now_ns)

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
        self._redraw(time.monotonic_ns())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend gives way where there is little room."""
        super().resizeEvent(event)
        self._legend.setVisible(self.width() >= _LEGEND_NEEDS)

    def _forget(self) -> None:
        self._latch, self._scalar_latch = Latch(_BEST), Latch(_MEASURED)
        self._rings = [SeriesRing() for _ in range(_BEST + _MEASURED)]
        self._hues: list[int | None] = [None] * _BEST
        self._ranges: dict[str, Scalar] = {}
        self._step, self._newest_s = 0, 0.0
        self._frozen = None
        self._scorable = False
        self._stretches.clear()

    def _add_scores(self, at_s: float, found: list[Scored], now_ns: int) -> None:
        best = found[:_BEST]
        changed = self._latch.update((item.label for item in best), now_ns)
        for place in changed:
            self._rings[place].clear()
            self._hues[place] = None
        for place in changed:
            label = self._latch.labels[place]
            wanted = next(item.index for item in best if item.label == label)
            self._hues[place] = self._hue(wanted)
        by_label = {item.label: item.score for item in found}
        for place, label in enumerate(self._latch.labels):
            if label in by_label:
                value = min(1.0, max(0.0, by_label[label]))
                self._rings[place].append(at_s, value, self._step)

    def _hue(self, wanted: int | None) -> int:
        """A series colour: that of the class, as its boxes have, unless another line has it."""
        choices: list[int] = [hue_of(wanted)] if wanted is not None else []
        choices += range(HUES)
        return next(hue for hue in choices if hue not in self._hues)

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
        first = self._scalar_latch.labels[0]
        if first is not None:
            scale = self._ranges[first]
            self._plot.set_right_axis(scale.low, scale.high, short)

    def _windows(self, now_s: float) -> list[Array]:
        start_s = now_s - self._plot.window_s - _MARGIN_S
        return [ring.since(start_s).copy() for ring in self._rings]

    def _redraw(self, now_ns: int) -> None:
        self._drawn_ns = now_ns
        if self._frozen is not None:
            now_s, windows = self._frozen
        else:
            now_s = now_ns / 1e9
            windows = self._windows(now_s)
        for place, points in enumerate(windows):
            x, y, joins = polyline(points)
            self._plot.set_line(place, x - now_s, y, joins, self._color(place))
        self._plot.set_least(self._least_shown(windows))
        self._show_strip(now_s)
        self._plot.set_notice(self._notice())
        self._plot.show_cursor()
        self._refresh_legend(now_ns, now_s, windows)

    def _least_shown(self, windows: list[Array]) -> float:
        """Where the axis begins: near the scores if all are high, at 0 for what else is drawn."""
        if any(label is not None for label in self._scalar_latch.labels):
            return 0.0
        lowest = min((float(p[1].min()) for p in windows[:_BEST] if p.shape[1]), default=0.0)
        return next((least for least in _LEASTS if lowest > least), 0.0)

    def _show_strip(self, now_s: float) -> None:
        """Below the lines, where classes exclude each other: which of them won when."""
        if self._strip.isHidden() is bool(self._stretches):
            self._strip.setVisible(bool(self._stretches))
        if self._stretches:
            start_s, end_s = (now_s + at for at in self._plot.shown_s)
            self._strip.show_stretches(
                tuple(self._stretches.between(start_s, end_s)), start_s, end_s, self._strip_color
            )

    def _strip_color(self, stretch: Stretch) -> QColor:
        """That of the class' line, if it has one."""
        label = stretch.label or tr("class {index}", index=stretch.index)
        if label in self._latch.labels:
            return self._color(self._latch.labels.index(label))
        return self.roles.series_color(stretch.index)

    def _notice(self) -> str:
        """Why there is no line, '' where there is one."""
        if not self._step:
            return tr("Waiting for the first prediction")
        if any(label is not None for label in (*self._latch.labels, *self._scalar_latch.labels)):
            return ""
        if self._scorable:
            return tr("Nothing found yet")
        return tr("This model gives no scores, so there is nothing to plot")

    def _refresh_legend(self, now_ns: int, now_s: float, windows: list[Array]) -> None:
        cursor_s = self._plot.cursor_s
        # Under the cursor values follow at once; otherwise they change slowly enough to be read.
        if cursor_s is None and now_ns - self._text_ns < TEXT_PERIOD_NS:
            return
        self._text_ns = now_ns
        at_s = max(self._newest_s, 0.0) if cursor_s is None else now_s + cursor_s
        if self._frozen is not None and cursor_s is None:
            at_s = now_s
        frozen = tr("frozen, F resumes") if self.frozen else ""
        place = "" if cursor_s is None else f"−{number(-cursor_s, 1)} s"
        heading = "  ".join(part for part in (place, frozen) if part) or tr("newest")
        self._legend.show_entries(heading, self._entries(at_s, windows) if self._step else ())
        self.describe()

    def _entries(self, at_s: float, windows: list[Array] | None = None) -> list[Entry]:
        points = windows if windows is not None else self._windows(at_s)
        entries = []
        for place, label in enumerate((*self._latch.labels, *self._scalar_latch.labels)):
            if label is not None:
                value = value_at(points[place], at_s)
                entries.append(Entry(self._color(place), label, self._value_text(label, value)))
        return entries

    def _value_text(self, label: str, value: float | None) -> str:
        if value is None:
            return "–"
        scale = self._ranges.get(label)
        if scale is None:
            return number(value, 2)
        return f"{short(scale.low + value * (scale.high - scale.low))} {scale.unit}".strip()

    def _color(self, place: int) -> QColor:
        last = len(self.roles.series) - 1
        hue = self._hues[place] if place < _BEST else last - (place - _BEST)
        return self.roles.series_color(hue or 0)
