"""Reads a run's trace ring for the latency panel, on a thread that may take its time.

Medians of four thousand answers take a thread among busy ones 20 ms, for which the window would
stand still twice a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from backend.core.errors import Overloaded
from backend.core.rings import TraceRing
from backend.core.tensors import Array
from gui.live.time_spent.frame_dialog import FrameOpener
from gui.state.tasks import Tasks
from gui.views.plots import LatencyReport, LatencyView, any_answered, report_on


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """The trace window [columns, n], the ms to draw of its answers by their `at_s`, the report."""

    window: Array
    draws: Mapping[float, float]
    report: LatencyReport | None
    answered: bool


class Drawn(Protocol):
    """What is known of the drawing of answers; from any thread."""

    @property
    def draws(self) -> Mapping[float, float]:
        """The ms that it took by the `at_s` of the answer."""
        ...

    def with_draws(self, traces: TraceRing) -> Array:
        """The trace window [columns, n] with a row for each drawing."""
        ...


class LatencyReader:
    """Shows what it read in the panel, and keeps it for who opens a frame of it."""

    def __init__(self, tasks: Tasks, drawn: Drawn, panel: LatencyView, frames: FrameOpener) -> None:
        self._tasks, self._drawn = tasks, drawn
        self._panel, self._frames = panel, frames
        self._reads, self._asked = False, 0

    def forget(self) -> None:
        """What is being read now is of the past, and not to be shown."""
        self._asked += 1
        self._reads = False

    def read(
        self, traces: TraceRing, now_s: float, since_s: float, failed: int, age_ms: float | None
    ) -> None:
        """Show what came after `since_s`, unless a reading is under way; see
        `LatencyView.show_report`."""
        if self._reads:
            return
        self._reads = True
        asked = self._asked

        def work() -> _Reading:
            columns, window = traces.columns, self._drawn.with_draws(traces)
            window = window[:, window[columns["at_s"]] > since_s]
            report = report_on(window, columns, now_s, failed)
            return _Reading(window, self._drawn.draws, report, any_answered(window, columns))

        def done(reading: _Reading) -> None:
            if asked == self._asked:
                self._reads = False
                self._frames.use(reading.window, traces.columns, now_s, reading.draws)
                self._panel.show_report(
                    reading.report, failed, answered=reading.answered, age_ms=age_ms
                )

        def given_up(error: Exception) -> None:
            if asked == self._asked:
                self._reads = False
            if not isinstance(error, Overloaded):
                raise error

        self._tasks.start("latency", work, done, given_up)
