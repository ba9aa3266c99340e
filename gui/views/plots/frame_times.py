"""What single frames took: the answers of the last seconds, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array
from backend.core.timing import SPANS
from gui.views.plots.stage_report import median_spans, recent_rows

NO_DRAWS: Mapping[float, float] = {}


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """One answered frame: when, on the trace ring's clock, its latency, and its spans in ms by
    name, in pipeline order."""

    at_s: float
    latency: float
    spans: tuple[tuple[str, float], ...]

    @property
    def length(self) -> float:
        """Length of its stages end to end in ms, none of them below nothing."""
        return sum(max(0.0, value) for _, value in self.spans)


@dataclass(frozen=True, slots=True)
class RecentFrames:
    """The answered frames of the last seconds, oldest first, and the medians of their stages."""

    frames: tuple[FrameTimes, ...]
    median: FrameTimes
    now_s: float

    def slowest(self) -> int:
        """The place of the one with the largest latency."""
        return max(range(len(self.frames)), key=lambda place: self.frames[place].latency)

    def nearest(self, low: float, high: float) -> int:
        """The newest with a latency from `low` to `high` ms, or else the one nearest to them."""

        def away(place: int) -> tuple[float, int]:
            latency = self.frames[place].latency
            return max(low - latency, latency - high, 0.0), -place

        return min(range(len(self.frames)), key=away)


def frames_of(
    window: Array,
    columns: Mapping[str, int],
    now_s: float,
    draws: Mapping[float, float] = NO_DRAWS,
) -> RecentFrames | None:
    """The frames in a trace window [columns, n], see `report_on`; None without an answer.

    `draws` has the ms from decoded to first painted by the `at_s` of the answer.
    """
    recent = recent_rows(window, columns, now_s)
    recent = recent[:, np.isfinite(recent[columns["latency"]])]
    if not recent.size:
        return None
    frames = tuple(_frame(recent[:, place], columns, draws) for place in range(recent.shape[1]))
    spans = dict(median_spans(recent, columns))
    drawn = [value for frame in frames for name, value in frame.spans if name == "draw"]
    if drawn:
        spans["draw"] = float(np.median(drawn))
    latency = float(np.median([frame.latency for frame in frames]))
    return RecentFrames(frames, FrameTimes(now_s, latency, _in_order(spans)), now_s)


def largest_excess(frame: FrameTimes, median: FrameTimes) -> tuple[str, float] | None:
    """The stage of its latency, which ends before drawing, that took most ms more than its median;
    None if none took more."""
    usual = dict(median.spans)
    spans = [(name, value) for name, value in frame.spans if name != "draw"]
    excess = [(name, value - usual.get(name, 0.0)) for name, value in spans]
    name, most = max(excess, key=lambda each: each[1], default=("", 0.0))
    return (name, most) if most > 0 else None


def _frame(row: Array, columns: Mapping[str, int], draws: Mapping[float, float]) -> FrameTimes:
    spans = {name: float(row[columns[name]]) for name in SPANS if name in columns}
    at_s = float(row[columns["at_s"]])
    if at_s in draws:
        spans["draw"] = draws[at_s]
    known = {name: value for name, value in spans.items() if np.isfinite(value)}
    return FrameTimes(at_s, float(row[columns["latency"]]), _in_order(known))


def _in_order(spans: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple((name, spans[name]) for name in SPANS if name in spans)


def stage_names(*frames: FrameTimes) -> Sequence[str]:
    """The stages that any of them has, in pipeline order."""
    found = {name for frame in frames for name, _ in frame.spans}
    return [name for name in SPANS if name in found]
