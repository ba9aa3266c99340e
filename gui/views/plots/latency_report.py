"""Latency in numbers: medians by stage, percentiles and a histogram of the last seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array
from backend.core.timing import SPANS, percentiles

WINDOW_S = 10.0

EDGES_MS: Array = np.geomspace(0.5, 5000.0, 41)
"""Edges of the histogram's bins: ten per decade from 0.5 ms to 5 s."""

_REPORTED = ("network", "server_queue", "server_input", "server_infer", "server_output")
_UNREPORTED = "server_and_network"


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """What the last seconds cost.

    `spans` are medians in ms by name, in pipeline order; `counts` the histogram over `EDGES_MS`,
    whose first and last bin also hold what is beyond them; `failed` calls are in none of these.
    """

    spans: tuple[tuple[str, float], ...]
    newest: float
    p50: float
    p95: float
    p99: float
    counts: Array
    samples: int
    failed: int = 0

    @property
    def sum_of_medians(self) -> float:
        """Length of the stacked bar in ms."""
        return sum(value for _, value in self.spans)

    @property
    def server_reports(self) -> bool:
        """Whether the server says what its parts took."""
        return _UNREPORTED not in dict(self.spans)


def latency_report(
    window: Array, columns: Mapping[str, int], now_s: float, failed: int = 0
) -> LatencyReport | None:
    """The report over `window` [columns, n] of a trace ring, or None if nothing was answered.

    `now_s` and the column `at_s` are on the same clock, in seconds; spans are in ms. Where the
    ring tells lanes apart, only the newest counts: after a switch the old setting says nothing.
    """
    recent = window[:, window[columns["at_s"]] >= now_s - WINDOW_S]
    if recent.size and np.isfinite(recent[columns["lane"], -1]):
        lanes = recent[columns["lane"]]
        recent = recent[:, lanes == np.fmax.reduce(lanes)]
    totals = recent[columns["total"]]
    totals = totals[np.isfinite(totals)]
    of_totals = percentiles(totals)
    if of_totals is None:
        return None
    return LatencyReport(
        spans=_median_spans(recent, columns),
        newest=float(totals[-1]),
        p50=of_totals[0],
        p95=of_totals[1],
        p99=of_totals[2],
        counts=histogram(totals),
        samples=totals.size,
        failed=failed,
    )


def histogram(values_ms: Array) -> Array:
    """How many values fall into each bin of `EDGES_MS`."""
    inside = np.clip(values_ms, EDGES_MS[0], EDGES_MS[-1])
    return np.histogram(inside, EDGES_MS)[0]


def _median_spans(recent: Array, columns: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    """Medians of the spans that the newest call has.

    After a switch from a server that reports its parts to one that does not, or back, both kinds
    of row are in the window; mixing them would count the server twice.
    """
    other_kind = _REPORTED if np.isfinite(recent[columns[_UNREPORTED], -1]) else (_UNREPORTED,)
    medians = []
    for name in SPANS:
        if name in other_kind or name not in columns:
            continue
        values = recent[columns[name]]
        values = values[np.isfinite(values)]
        if values.size:
            medians.append((name, float(np.median(values))))
    return tuple(medians)
