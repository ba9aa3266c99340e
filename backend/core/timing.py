"""Named moments of one call and the spans between them.

Moments are `time.monotonic_ns()` of this process. A server's parts travel as durations only,
because two machines' clocks cannot be subtracted from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np


class Stage(StrEnum):
    """The moments of one call, in order; `at` takes the time when the stage is complete."""

    CAPTURED = "captured"
    TAKEN = "taken"
    PREPARED = "prepared"
    ENCODED = "encoded"
    SENT = "sent"
    RECEIVED = "received"
    DECODED = "decoded"
    PAINTED = "painted"


@dataclass(frozen=True, slots=True)
class ServerTiming:
    """What the server says it spent on one request, in microseconds."""

    queue_us: float
    compute_input_us: float
    compute_infer_us: float
    compute_output_us: float

    @property
    def total_us(self) -> float:
        """Queue and compute together."""
        return (
            self.queue_us + self.compute_input_us + self.compute_infer_us + self.compute_output_us
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """Monotonic marks of one call, in nanoseconds; frozen, so every thread may read it."""

    marks: Mapping[Stage, int] = field(default_factory=dict)
    server: ServerTiming | None = None

    def at(self, stage: Stage, now_ns: int) -> Timeline:
        """A copy with one more mark."""
        return Timeline({**self.marks, stage: now_ns}, self.server)

    def span_ms(self, start: Stage, end: Stage) -> float | None:
        """Milliseconds between two marks, or None if either is missing."""
        if start not in self.marks or end not in self.marks:
            return None
        return (self.marks[end] - self.marks[start]) / 1e6

    def spans_ms(self) -> dict[str, float]:
        """Every known span, in pipeline order, under the names of `SPANS`.

        `network` is the round trip less the server's own parts; without these it is called
        `server_and_network`. `total` runs from capture to decoded.
        """
        spans: dict[str, float] = {}
        for name, start, end in _CLIENT_SPANS_BEFORE:
            _put(spans, name, self.span_ms(start, end))
        self._put_round_trip(spans)
        _put(spans, "decode", self.span_ms(Stage.RECEIVED, Stage.DECODED))
        _put(spans, "draw", self.span_ms(Stage.DECODED, Stage.PAINTED))
        _put(spans, "total", self.span_ms(Stage.CAPTURED, Stage.DECODED))
        return spans

    def _put_round_trip(self, spans: dict[str, float]) -> None:
        round_trip = self.span_ms(Stage.ENCODED, Stage.RECEIVED)
        if round_trip is None:
            return
        if self.server is None:
            spans["server_and_network"] = round_trip
            return
        spans["network"] = max(0.0, round_trip - self.server.total_us / 1e3)
        spans["server_queue"] = self.server.queue_us / 1e3
        spans["server_input"] = self.server.compute_input_us / 1e3
        spans["server_infer"] = self.server.compute_infer_us / 1e3
        spans["server_output"] = self.server.compute_output_us / 1e3


_CLIENT_SPANS_BEFORE = (
    ("wait", Stage.CAPTURED, Stage.TAKEN),
    ("prepare", Stage.TAKEN, Stage.PREPARED),
    ("encode", Stage.PREPARED, Stage.ENCODED),
)

SPANS: tuple[str, ...] = (
    "wait",
    "prepare",
    "encode",
    "network",
    "server_and_network",
    "server_queue",
    "server_input",
    "server_infer",
    "server_output",
    "decode",
    "draw",
)
"""Names of the spans that add up to the life of a frame, in pipeline order."""


def _put(spans: dict[str, float], name: str, value: float | None) -> None:
    if value is not None:
        spans[name] = value


def percentiles(values_ms: np.ndarray) -> tuple[float, float, float] | None:
    """p50, p95 and p99 of the finite values, or None if there are none."""
    finite = values_ms[np.isfinite(values_ms)]
    if not finite.size:
        return None
    p50, p95, p99 = np.percentile(finite, (50, 95, 99))
    return float(p50), float(p95), float(p99)
