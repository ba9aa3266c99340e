"""Named moments of one call and the spans between them.

Moments are `time.monotonic_ns()` of this process. A server's parts travel as durations only,
because two machines' clocks cannot be subtracted from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from backend.core.unguarded import unguarded

_MOST_US = 1e12
"""Eleven days."""


class Stage(StrEnum):
    """The moments of one call, in order; `at` takes the time when the stage is complete."""

    CAPTURED = "captured"
    HANDED_OVER = "handed over"
    """The source gave the sample."""
    TAKEN = "taken"
    PREPARED = "prepared"
    ENCODED = "encoded"
    SENT = "sent"
    """The last byte was with the system; missing where that cannot be seen, as over gRPC."""
    REPLIED = "replied"
    """The first byte of the reply was there; missing where that cannot be seen."""
    RECEIVED = "received"
    DECODED = "decoded"
    PAINTED = "painted"


@unguarded
@dataclass(frozen=True, slots=True)
class ServerTiming:
    """What the server says it spent on one request, in microseconds.

    `decode_us` is from having the request's bytes to having its tensors, `encode_us` from having
    the answer to having the reply's bytes; None where it does not say.
    """

    queue_us: float
    compute_input_us: float
    compute_infer_us: float
    compute_output_us: float
    decode_us: float | None = None
    encode_us: float | None = None

    @property
    def total_us(self) -> float:
        """All parts together."""
        return (
            self.queue_us
            + self.compute_input_us
            + self.compute_infer_us
            + self.compute_output_us
            + (self.decode_us or 0.0)
            + (self.encode_us or 0.0)
        )

    @property
    def sensible(self) -> bool:
        """Whether it can be reckoned with: a server may say anything."""
        return abs(self.total_us) <= _MOST_US  # which NaN is not

    @property
    def whole(self) -> bool:
        """Whether the parts are all that the server did for the request."""
        return self.decode_us is not None and self.encode_us is not None

    def at_edge(self, decode_us: float, encode_us: float | None = None) -> ServerTiming:
        """The same with what reading the request and writing the reply took."""
        return ServerTiming(
            self.queue_us,
            self.compute_input_us,
            self.compute_infer_us,
            self.compute_output_us,
            decode_us,
            encode_us,
        )


@unguarded
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

        What is between sent and replied and the server does not claim is `wire`, or
        `server_and_network` if it does not report every part; both are negative where clocks
        contradict each other. `latency` runs from captured to decoded.
        """
        spans: dict[str, float] = {}
        for name, start, end in _BEFORE_SENDING:
            _put(spans, name, self.span_ms(start, end))
        self._put_exchange(spans)
        _put(spans, "decode", self.span_ms(Stage.RECEIVED, Stage.DECODED))
        _put(spans, "draw", self.span_ms(Stage.DECODED, Stage.PAINTED))
        _put(spans, "latency", self.span_ms(Stage.CAPTURED, Stage.DECODED))
        return spans

    def _put_exchange(self, spans: dict[str, float]) -> None:
        encoded, received = self.marks.get(Stage.ENCODED), self.marks.get(Stage.RECEIVED)
        if encoded is None or received is None:
            return
        server = self.server if self.server is not None and self.server.sensible else None
        server_ns = server.total_us * 1e3 if server is not None else 0.0
        replied = self.marks.get(Stage.REPLIED, received)
        # A server that had answered by then had been sent everything when it began: a thread that
        # got to look at the clock only later has not been sending for longer.
        sent = max(encoded, min(self.marks.get(Stage.SENT, encoded), replied - server_ns))
        if Stage.SENT in self.marks:
            spans["send"] = (sent - encoded) / 1e6
        whole = server is not None and server.whole
        spans["wire" if whole else "server_and_network"] = (replied - sent - server_ns) / 1e6
        if server is not None:
            _put_server(spans, server)
        if Stage.REPLIED in self.marks:
            spans["receive"] = (received - replied) / 1e6


_BEFORE_SENDING = (
    ("source", Stage.CAPTURED, Stage.HANDED_OVER),
    ("wait", Stage.HANDED_OVER, Stage.TAKEN),
    ("prepare", Stage.TAKEN, Stage.PREPARED),
    ("encode", Stage.PREPARED, Stage.ENCODED),
)

SPANS: tuple[str, ...] = (
    "source",
    "wait",
    "prepare",
    "encode",
    "send",
    "wire",
    "server_and_network",
    "server_decode",
    "server_queue",
    "server_input",
    "server_infer",
    "server_output",
    "server_encode",
    "receive",
    "decode",
    "draw",
)
"""Names of the spans that add up to the life of a frame, in pipeline order."""


def contradict(spans_ms: Mapping[str, float]) -> bool:
    """Whether clocks do: a server claims more time than passed here between sent and replied."""
    return any(value < 0 for value in spans_ms.values())


def _put_server(spans: dict[str, float], server: ServerTiming) -> None:
    parts = (
        ("server_decode", server.decode_us),
        ("server_queue", server.queue_us),
        ("server_input", server.compute_input_us),
        ("server_infer", server.compute_infer_us),
        ("server_output", server.compute_output_us),
        ("server_encode", server.encode_us),
    )
    for name, value_us in parts:
        _put(spans, name, None if value_us is None else value_us / 1e3)


def _put(spans: dict[str, float], name: str, value: float | None) -> None:
    if value is not None:
        spans[name] = value


def percentiles(values_ms: np.ndarray) -> tuple[float, float, float] | None:
    """p50, p95 and p99 of the finite values, or None if there are none."""
    ordered = np.sort(values_ms[np.isfinite(values_ms)])
    if not ordered.size:
        return None
    # numpy's own imports its masked arrays for it, which holds a thread up for 80 ms.
    return _between(ordered, 0.5), _between(ordered, 0.95), _between(ordered, 0.99)


def _between(ordered: np.ndarray, share: float) -> float:
    """The value below which that share of them lies, on the line between the two nearest."""
    place = share * (ordered.size - 1)
    below = int(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    return low + (high - low) * (place - below)
