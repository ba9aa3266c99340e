"""Latency in numbers: medians by stage, percentiles and a histogram of the last seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array
from backend.core.timing import SPANS, percentiles

WINDOW_S = 10.0
"""The live readings are of the answers in so many seconds, or as many as the run's ring holds."""

EDGES_MS: Array = np.geomspace(0.5, 5000.0, 41)
"""Edges of the histogram's bins: ten per decade from 0.5 ms to 5 s."""

_UNREPORTED = "server_and_network"
_NOT_OF_THE_EXCHANGE = ("source", "wait", "prepare", "encode", "decode", "draw")


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """What the last seconds cost.

    `spans` are medians in ms by name, in pipeline order; `counts` the histogram over `EDGES_MS`,
    whose first and last bin also hold what is beyond them; `failed` calls are in none of these.
    `seconds` is how far back the answers go, at most WINDOW_S.
    """

    spans: tuple[tuple[str, float], ...]
    newest: float
    p50: float
    p95: float
    p99: float
    counts: Array
    samples: int
    failed: int = 0
    seconds: float = WINDOW_S

    @property
    def length(self) -> float:
        """Length of the stacked bar in ms: stages end to end, none of them below nothing."""
        return sum(max(0.0, value) for _, value in self.spans)

    @property
    def server_reports(self) -> bool:
        """Whether the server says what its parts took."""
        return _UNREPORTED not in dict(self.spans)


def report_on(
    window: Array, columns: Mapping[str, int], now_s: float, failed: int = 0
) -> LatencyReport | None:
    """The report over `window` [columns, n] of a trace ring, or None if nothing was answered.

    `now_s` and the column `at_s` are on the same clock, in seconds; spans are in ms.
    """
    recent = recent_rows(window, columns, now_s)
    totals = recent[columns["latency"]]
    totals = totals[np.isfinite(totals)]
    of_totals = percentiles(totals)
    if of_totals is None:
        return None
    return LatencyReport(
        spans=median_spans(recent, columns),
        newest=float(totals[-1]),
        p50=of_totals[0],
        p95=of_totals[1],
        p99=of_totals[2],
        counts=histogram(totals),
        samples=totals.size,
        failed=failed,
        seconds=min(WINDOW_S, now_s - float(recent[columns["at_s"]].min())),
    )


def any_answered(window: Array, columns: Mapping[str, int]) -> bool:
    """Whether the window has an answer, however old."""
    return bool(np.isfinite(window[columns["latency"]]).any())


def histogram(values_ms: Array) -> Array:
    """How many values fall into each bin of `EDGES_MS`."""
    inside = np.clip(values_ms, EDGES_MS[0], EDGES_MS[-1])
    return np.histogram(inside, EDGES_MS)[0]


def recent_rows(window: Array, columns: Mapping[str, int], now_s: float) -> Array:
    """The rows of the last seconds.

    Where the ring tells lanes apart, only the newest counts: after a switch the old setting says
    nothing.
    """
    wanted = window[columns["at_s"]] >= now_s - WINDOW_S
    last = wanted.size - 1 - int(wanted[::-1].argmax()) if wanted.any() else None
    if last is not None and np.isfinite(window[columns["lane"], last]):
        lanes = window[columns["lane"]]
        wanted &= lanes == np.fmax.reduce(lanes[wanted])
    return window[:, wanted]


def median_spans(recent: Array, columns: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    """Medians of the spans that the newest call has.

    After a switch from a server that reports its parts to one that does not, or back, both kinds
    of row are in the window; mixing them would count the server twice.
    """
    if not recent.size:
        return ()
    names = [
        name
        for name in SPANS
        if name in columns
        and (name in _NOT_OF_THE_EXCHANGE or np.isfinite(recent[columns[name], -1]))
    ]
    values = recent[[columns[name] for name in names]]
    missing = np.isnan(values).any(axis=1)
    medians = np.empty(len(names))
    # All at once: each call of numpy may lose the interpreter's lock to a busy thread.
    medians[~missing] = _medians(values[~missing])
    for place in np.flatnonzero(missing):
        known = values[place][~np.isnan(values[place])]
        medians[place] = _medians(known[None])[0] if known.size else np.nan
    return tuple(
        (name, median)
        for name, median in zip(names, medians.tolist(), strict=True)
        if not math.isnan(median)
    )


def _medians(rows: Array) -> Array:
    """float64 [rows], of those [rows, n] without gaps, with n above 0."""
    middle = (rows.shape[1] - 1) // 2, rows.shape[1] // 2
    return np.asarray(np.partition(rows, middle, axis=1)[:, middle].mean(axis=1))
