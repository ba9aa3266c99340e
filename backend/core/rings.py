"""Fixed memory for what plots show: a ring of rows whose newest part is always one slice."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from backend.core.tensors import Array

_EVENTS_KEPT = 4096


class TraceRing:
    """Rows of float64 under named columns; each row is stored twice so any window is one slice."""

    def __init__(self, columns: Sequence[str], capacity: int) -> None:
        self.columns = {name: index for index, name in enumerate(columns)}
        self._capacity = capacity
        self._data = np.full((len(self.columns), 2 * capacity), np.nan)
        self._count = 0
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """Rows ever appended."""
        return self._count

    def append(self, row: dict[str, float]) -> None:
        """Add a row; columns that it does not name hold NaN."""
        slot = self._count % self._capacity
        with self._lock:
            for at in (slot, slot + self._capacity):
                self._data[:, at] = np.nan
                for name, value in row.items():
                    self._data[self.columns[name], at] = value
            self._count += 1

    def window(self) -> Array:
        """A copy of the rows kept, [columns, n], oldest first."""
        with self._lock:
            kept = min(self._count, self._capacity)
            end = self._count % self._capacity + self._capacity
            return self._data[:, end - kept : end].copy()


class RateMeter:
    """Events (or bytes) per second over the last `window_s` seconds, and their total ever."""

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_ns = int(window_s * 1e9)
        self._events: deque[tuple[int, float]] = deque()
        self._within = 0.0
        self._lock = threading.Lock()
        self.total = 0.0

    def add(self, amount: float = 1.0, now_ns: int | None = None) -> None:
        """Count `amount` at this moment."""
        with self._lock:
            self.total += amount
            self._within += amount
            now = now_ns if now_ns is not None else time.monotonic_ns()
            self._events.append((now, amount))
            self._forget_before(now)
            if len(self._events) > _EVENTS_KEPT:
                self._forget_first()

    def per_second(self, now_ns: int | None = None) -> float:
        """The rate now; 0 when nothing came within the window."""
        now = now_ns if now_ns is not None else time.monotonic_ns()
        with self._lock:
            self._forget_before(now)
            if len(self._events) < 2:
                return 0.0
            first_ns, first = self._events[0]
            between_ns = max(self._events[-1][0] - first_ns, 1)
            # Counting up to `now` would show a steady source as slow between two of its events;
            # only a pause longer than the usual one lowers the rate.
            usual_ns = between_ns / (len(self._events) - 1)
            elapsed_ns = max(between_ns, now - first_ns - usual_ns)
            return (self._within - first) / (elapsed_ns / 1e9)

    def _forget_before(self, now_ns: int) -> None:
        # At every event as well, or the reader would find a thousand to forget.
        while self._events and now_ns - self._events[0][0] > self._window_ns:
            self._forget_first()

    def _forget_first(self) -> None:
        _, amount = self._events.popleft()
        self._within = self._within - amount if self._events else 0.0
