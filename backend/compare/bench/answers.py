"""What came of the requests of one window."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.core.errors import ConsoleError
from backend.core.histogram import DurationHistogram
from backend.core.timing import SPANS, ServerTiming, Stage, Timeline
from backend.core.traffic import Traffic

STAGES = tuple(name for name in SPANS if name not in ("source", "wait", "draw"))
"""The parts of an answer's latency, in order, as `Timeline.spans_ms` names them."""
_TOGETHER = 0.05
"""Answers that come within this part of their latency came at once, as those of a batch do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request that was answered; times are `time.monotonic_ns()`, 0 if they cannot be seen."""

    due_ns: int
    started_ns: int
    prepared_ns: int
    encoded_ns: int
    received_ns: int
    decoded_ns: int
    traffic: Traffic
    server: ServerTiming | None = None
    sent_ns: int = 0
    replied_ns: int = 0

    @property
    def ended_ns(self) -> int:
        """When its answer could be used, or was there where the exchange alone is timed."""
        return self.decoded_ns or self.received_ns

    @property
    def latency_ms(self) -> float:
        """From when it was due to its end."""
        return (self.ended_ns - self.due_ns) / 1e6

    def spans_ms(self) -> dict[str, float]:
        """Its parts, under the names of STAGES."""
        marks = {
            Stage.TAKEN: self.started_ns,
            Stage.PREPARED: self.prepared_ns,
            Stage.ENCODED: self.encoded_ns,
            Stage.SENT: self.sent_ns,
            Stage.REPLIED: self.replied_ns,
            Stage.RECEIVED: self.received_ns,
            Stage.DECODED: self.decoded_ns,
        }
        seen = {stage: at_ns for stage, at_ns in marks.items() if at_ns}
        return Timeline(seen, self.server).spans_ms()


class Tally:
    """Collects the answers and failures of a window; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: list[Answer] = []
        self._failures: Counter[str] = Counter()
        self.last_error: ConsoleError | None = None
        """Why the newest request failed, None if it was answered."""

    def answered(self, answer: Answer) -> None:
        """One more answer."""
        with self._lock:
            self._answers.append(answer)
            self.last_error = None

    def failed(self, error: ConsoleError) -> None:
        """One more failure."""
        with self._lock:
            self._failures[error.message] += 1
            self.last_error = error

    @property
    def count(self) -> int:
        """Answers and failures so far."""
        with self._lock:
            return len(self._answers) + self._failures.total()

    def window(self, start_ns: int, seconds: float, cpu: Cpu) -> Window:
        """What the window that began then and was so long comes to."""
        with self._lock:
            return Window.of(self._answers, dict(self._failures), start_ns, seconds, cpu)


@dataclass(frozen=True, slots=True)
class Cpu:
    """Processor seconds that client and server used; None where that cannot be seen."""

    client_s: float | None = None
    server_s: float | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of load on one cell.

    `rate` is in answers a second while requests were being sent, see `_rate`: what comes later does
    not count there, since fewer and fewer are under way then.
    """

    rate: float
    seconds: float
    latencies: DurationHistogram
    failures: dict[str, int]
    bytes_out: float
    """Of a request, in the mean; NaN without answers, as all below."""
    bytes_in: float
    wire_out: float = math.nan
    wire_in: float = math.nan
    estimated: bool = False
    """Whether `wire_out` is."""
    stages_ms: dict[str, float] = field(default_factory=dict)
    """Medians."""
    cpu: Cpu = Cpu()

    @classmethod
    def of(
        cls,
        answers: Sequence[Answer],
        failures: dict[str, int],
        start_ns: int,
        seconds: float,
        cpu: Cpu,
    ) -> Window:
        """The window of these answers."""
        spans = [answer.spans_ms() for answer in answers]
        stages = {
            name: float(np.median([span[name] for span in spans if name in span]))
            for name in STAGES
            if any(name in span for span in spans)
        }
        return cls(
            _rate(answers, start_ns, seconds),
            seconds,
            DurationHistogram.of(answer.latency_ms for answer in answers),
            failures,
            _mean([answer.traffic.bytes_out for answer in answers]),
            _mean([answer.traffic.bytes_in for answer in answers]),
            _mean([answer.traffic.wire_out for answer in answers]),
            _mean([answer.traffic.wire_in for answer in answers]),
            any(answer.traffic.estimated for answer in answers),
            stages,
            cpu,
        )

    @property
    def answered(self) -> int:
        """Requests that were answered."""
        return self.latencies.count

    @property
    def failed(self) -> int:
        """Requests that were not."""
        return sum(self.failures.values())


def _rate(answers: Sequence[Answer], start_ns: int, seconds: float) -> float:
    """Answers a second, until the first answers after the window's end: so long the load is whole.

    A window that counted only what came within it would lose, of a model of 20 ms, up to one answer
    of each that is in flight. Where a clock sends, nothing may come after the end: then the window
    is the time.
    """
    end_ns = start_ns + seconds * 1e9
    late = sorted((each.ended_ns, each.due_ns) for each in answers if each.ended_ns > end_ns)
    if not late:
        return len(answers) / seconds
    last_ns, due_ns = late[0]
    together_ns = _TOGETHER * (last_ns - due_ns)
    count = len(answers) - len(late)
    for ended_ns, _ in late:
        if ended_ns - last_ns > together_ns:
            break
        last_ns = ended_ns
        count += 1
    return count / ((last_ns - start_ns) / 1e9)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
