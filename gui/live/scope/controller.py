"""Joins cursors and trigger with the views: what the user marks, and when time stands still."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from backend.core.samples import AudioBlock
from backend.core.status import Result
from gui.live.page import LivePage
from gui.live.scope.panes import Pane, panes_of
from gui.live.scope.quantity import (
    LATENCY,
    LEVEL,
    line_of,
    line_quantity,
    reading_of,
    readings,
)
from gui.live.scope.texts import trigger_item
from gui.state.cursors import Cursors
from gui.state.trigger import Condition, Edge, Trigger, TriggerMode, TriggerState
from gui.views.plots import CursorMark, Item, Marks, Reading, Sampled, cursor_items, value_items
from gui.views.view import TEXT_PERIOD_NS
from gui.widgets.language import number

_MARGIN = 0.03
"""A level this near to the end of its range could not be crossed for certain."""
_PLACES = {"A": 1 / 3, "B": 2 / 3}


class ScopeController(QObject):
    """Everything on the window's thread; nothing is done while nothing is placed."""

    changed = Signal()
    """The trigger is another, or in another state."""

    def __init__(self, page: LivePage) -> None:
        super().__init__(page)
        self.page = page
        self.panes = panes_of(page)
        self.cursors, self.trigger = Cursors(), Trigger()
        self._reading: Reading | None = None
        self._end_s: float | None = None
        self._refreshed_ns = 0
        self._heard_s: float | None = None
        # Others may come a twentieth too early, and once is all there is.
        self._filled = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._full_s = 0.0
        self._filled.timeout.connect(self._advance)
        self._strips = (*page.timeline.plots, *page.throughput.plots)
        page.watch = self.watch
        for pane in self.panes:
            self._connect(pane)
        page.timeline.cleared.connect(self.forget)
        page.timeline.marks.level_dragged.connect(self._drag_level)

    def _connect(self, pane: Pane) -> None:
        for plot in pane.plots:
            plot.cursor_wanted.connect(self.place_next)
        for marks in pane.marks:
            marks.cursor_dragged.connect(self._dragged)
        pane.view.held.connect(self._follow)

    # -- time ----------------------------------------------------------------------------------

    @property
    def frozen(self) -> bool:
        """Whether time stands still in the plots."""
        return self._end_s is not None

    def toggle_freeze(self) -> None:
        """Let time stand still in all plots, or go on; after a run, at its end."""
        now_s = time.monotonic() if self._heard_s is None else self._heard_s
        self._follow(now_s if self._end_s is None else None)

    def _follow(self, end_s: float | None) -> None:
        """What one view does, all do."""
        if end_s == self._end_s:
            return
        self._end_s = end_s
        for pane in self.panes:
            pane.view.hold(end_s)
        self.refresh()

    def forget(self) -> None:
        """Another source or model: what was marked is gone, and it is watched for anew."""
        self._follow(None)
        self.cursors.clear()
        self.trigger.arm()
        self.refresh()

    def watch(self, results: list[Result], audio: list[AudioBlock]) -> None:
        """What came since the last call."""
        now_ns, trigger = time.monotonic_ns(), self.trigger
        self._heard_s = now_ns / 1e9
        if trigger.state is TriggerState.OFF and not self.cursors:
            return
        if trigger.condition is not None and trigger.state is not TriggerState.OFF:
            for at_s, value in readings(trigger.condition.quantity, results, audio):
                if self._reading is not None:
                    self._reading.add(at_s, value)
                if trigger.feed(at_s, value):
                    self._fire(at_s)
            self._advance()
        if now_ns - self._refreshed_ns >= TEXT_PERIOD_NS:
            self.refresh()

    def _fire(self, at_s: float) -> None:
        """The moment goes into the middle of every plot, which fills up and then stands still."""
        ends = []
        for pane in self.panes:
            ends.append(at_s - sum(pane.shown_s()) / 2)
            self._end_s = ends[-1]  # what the view says of itself is not for the others
            pane.view.hold(ends[-1], at_s)
        self._full_s = ends[0]
        self.trigger.hold_until(self._full_s)
        self._await_full()
        self.refresh()

    def _await_full(self) -> None:
        self._filled.start(max(0, math.ceil((self._full_s - time.monotonic()) * 1000)))

    @Slot()
    def _advance(self) -> None:
        """Also when nothing comes any more."""
        if self.trigger.advance(time.monotonic()):
            self.refresh()
        elif self.trigger.state is TriggerState.FILLING and not self._filled.isActive():
            self._await_full()

    # -- cursors -------------------------------------------------------------------------------

    def place(self, name: str, pane: Pane | None = None) -> None:
        """Put a cursor where the pointer is, else where it can be seen; or choose it."""
        pane = pane or next((p for p in self.panes if p.view.isVisible()), self.panes[0])
        at_s = pane.pointed_at_s()
        if at_s is None:
            at_s = self.cursors.at_s(name)
        self.cursors.place(name, pane.moment_at_share(_PLACES[name]) if at_s is None else at_s)
        self.refresh()

    def place_next(self, at_s: float) -> None:
        """Put the next cursor at a moment."""
        self.cursors.place_next(at_s)
        self.refresh()

    def move(self, pane: Pane, steps: int) -> None:
        """Move the chosen cursor by so many points of the screen."""
        first_s, last_s = pane.moment_at_share(0.0), pane.moment_at_share(1.0)
        self.cursors.move(steps * pane.step_s, first_s, last_s)
        self.refresh()

    def remove_cursors(self) -> None:
        """Take both away."""
        self.cursors.clear()
        self.refresh()

    def _dragged(self, name: str, at_s: float) -> None:
        self.cursors.place(name, at_s)
        self.refresh()

    # -- the trigger ---------------------------------------------------------------------------

    @property
    def condition(self) -> Condition:
        """What is watched, or would be."""
        return self.trigger.condition or self._default(self.quantities()[0])

    def quantities(self) -> tuple[str, ...]:
        """What can be watched now: the lines on show, latency, and the level of sound."""
        names = [name for name in self.page.timeline.names if name != line_of(LATENCY)]
        found = [line_quantity(name) for name in names if name != line_of(LEVEL)] + [LATENCY]
        if self.page.sound.waveform.rate:
            found.append(LEVEL)
        watched = self.trigger.condition
        if watched is not None and watched.quantity not in found:
            found.append(watched.quantity)
        return tuple(found)

    def keep_condition(self) -> None:
        """Go on with what would be watched now, though another line comes to the top."""
        if self.page.timeline.names:
            self.trigger.change(self.condition)

    def set_mode(self, mode: TriggerMode) -> None:
        """Off, or armed and the plots running."""
        self.trigger.set(mode, self.condition)
        self._show_reading()
        self._follow(None)
        self.refresh()

    def arm(self) -> None:
        """Wait for the next crossing, the plots running."""
        self.set_mode(self.trigger.mode)

    def set_quantity(self, quantity: str) -> None:
        """Watch something else, at the middle of its range."""
        if quantity != self.condition.quantity:
            self.trigger.change(self._default(quantity))
            self._show_reading()
            self.refresh()

    def set_edge(self, edge: Edge) -> None:
        """Watch for another crossing."""
        self.trigger.change(replace(self.condition, edge=edge))
        self.refresh()

    def set_level(self, level: float) -> None:
        """Watch another level, kept within the range that is drawn."""
        low, high = self.range_of(self.condition.quantity)
        margin = _MARGIN * (high - low)
        if self.condition.quantity == LATENCY:
            high = max(high, level + margin)  # the range follows
        level = min(max(level, low + margin), high - margin)
        self.trigger.change(replace(self.condition, level=level))
        if self._reading is not None:
            self._reading.level = level
        self.refresh()

    def range_of(self, quantity: str) -> tuple[float, float]:
        """Between which values a quantity is drawn."""
        line = self.page.timeline.line(line_of(quantity))
        if line is not None:
            return line.low, line.high
        reading = reading_of(quantity)
        return (0.0, 1.0) if reading is None else (reading.low, reading.high)

    def text_of(self, value: float) -> str:
        """A value of what is watched, with its unit."""
        line = self.page.timeline.line(line_of(self.condition.quantity))
        reading = reading_of(self.condition.quantity)
        text = line.text if line is not None else reading.text if reading is not None else None
        return number(value, 2) if text is None else text(value)

    def _default(self, quantity: str) -> Condition:
        """At the middle of what is shown of the range; for latency, what one in twenty exceeds."""
        low, high = self.range_of(quantity)
        report = self.page.latency.report
        if quantity == LATENCY and report is not None:
            return Condition(quantity, round(report.p95, 1), self._edge, report.p95)
        line = self.page.timeline.line(line_of(quantity))
        plot = self.page.timeline.plots[0]
        share = 0.5 if line is None else plot.share_at(plot.plotted().center().y())
        return Condition(quantity, low + share * (high - low), self._edge, high - low)

    @property
    def _edge(self) -> Edge:
        watched = self.trigger.condition
        return Edge.RISING if watched is None else watched.edge

    def _drag_level(self, share: float) -> None:
        low, high = self.range_of(self.condition.quantity)
        self.set_level(low + share * (high - low))

    def _show_reading(self) -> None:
        """A line for what is watched, where the timeline has none of it."""
        off = self.trigger.mode is TriggerMode.OFF
        quantity = self.condition.quantity
        shown = self._reading.name if self._reading is not None else ""
        wanted = None if off else reading_of(quantity)
        if wanted is None or wanted.name != shown:
            self._reading = wanted
            if wanted is not None:
                wanted.level = self.condition.level
            self.page.timeline.show_reading(wanted)

    # -- what is shown -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Marks and readouts as they are now."""
        self._refreshed_ns = time.monotonic_ns()
        if self._end_s is None and self.cursors:
            longest_s = max(view.window_s for view in (self.page.timeline, self.page.throughput))
            drawn_s = max(plot.end_s for plot in self._strips)
            self.cursors.forget_before(drawn_s - longest_s)
        cursors = tuple(
            CursorMark(name, at_s, name == self.cursors.chosen)
            for name, at_s in self.cursors.placed
        )
        trigger = self._trigger_marks()
        still = self.frozen and self.trigger.state is not TriggerState.FILLING
        for pane in self.panes:
            for marks in pane.marks:
                level = trigger.level if marks is self.page.timeline.marks else None
                marks.show_marks(Marks(cursors, level, trigger.fired_s, still))
            if pane.readout is not None:
                pane.readout.show_items(tuple(self._items(pane)))
        self.changed.emit()

    def _trigger_marks(self) -> Marks:
        trigger = self.trigger
        if trigger.mode is TriggerMode.OFF or trigger.condition is None:
            return Marks()
        low, high = self.range_of(trigger.condition.quantity)
        return Marks((), (trigger.condition.level - low) / (high - low), trigger.fired_s)

    def _items(self, pane: Pane) -> Iterator[Item]:
        """What stands in a view's readout."""
        if pane is self.panes[0] and self.trigger.mode is not TriggerMode.OFF:
            yield trigger_item(self.trigger, self.text_of)
        if self.cursors and pane.view.isVisible():
            yield from cursor_items(self.cursors.placed)
            first, *second = (self._sampled(pane, at_s) for _, at_s in self.cursors.placed)
            yield from value_items(first, second[0] if second else None)

    def _sampled(self, pane: Pane, at_s: float) -> list[Sampled]:
        """What a view has at a moment, what is watched first."""
        watched = self.trigger.condition
        name = "" if watched is None else line_of(watched.quantity)
        return sorted(pane.sampled(at_s), key=lambda one: one.name != name)
