"""When requests are due: as soon as one comes back, or at a rate of their own."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from backend.core.bench_choices import MOST_RATE, Arrivals
from backend.core.errors import UsageError

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a server is asked; `rate` is in requests a second, for a clock only."""

    arrivals: Arrivals = Arrivals.CLOSED
    rate: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        if (self.arrivals is Arrivals.CLOSED) != (self.rate == 0):
            raise UsageError(
                f"A rate of {self.rate:g} requests a second does not go with arrivals "
                f"'{self.arrivals}'.",
                hint="Give a rate above 0 with fixed or poisson, and none with closed.",
            )
        if not 0 <= self.rate <= MOST_RATE:
            raise UsageError(f"A rate is at most {MOST_RATE:g} a second, got {self.rate:g}.")


class Schedule:
    """The moments of one window, handed out one by one to whoever sends; thread-safe.

    With a clock, each moment comes whether or not answers have, so that a request's latency can be
    counted from when it was due: a slow server cannot slow its own measurement down (coordinated
    omission, see https://www.infoq.com/presentations/latency-response-time/).
    """

    def __init__(self, load: Load, start_ns: int, length_ns: int, number: int = 0) -> None:
        self._load = load
        self._end_ns = start_ns + length_ns
        self._next_ns = start_ns
        self._random = np.random.default_rng((load.seed, number))
        self._lock = threading.Lock()

    @property
    def clocked(self) -> bool:
        """Whether requests are due whether or not answers come."""
        return self._load.arrivals is not Arrivals.CLOSED

    def next_due(self, now_ns: int) -> int | None:
        """When the next request is due (`now_ns` in a closed loop), None if there is none left."""
        with self._lock:
            if self._load.arrivals is Arrivals.CLOSED:
                return now_ns if now_ns < self._end_ns else None
            if self._next_ns >= self._end_ns:
                return None
            due_ns = self._next_ns
            self._next_ns += self._distance_ns()
            return due_ns

    def _distance_ns(self) -> int:
        mean_ns = _NS / self._load.rate
        if self._load.arrivals is Arrivals.FIXED:
            return max(1, round(mean_ns))
        return max(1, round(self._random.exponential(mean_ns)))
