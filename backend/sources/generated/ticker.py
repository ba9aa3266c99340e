"""A fixed rate for sources that make their own items."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Ticker:
    """Lets a thread through once per period.

    The times are multiples of the period from the start, so that small delays do not add up. A
    thread that comes late by more than a period starts a new count: it is not let through several
    times in a row to make up for it.
    """

    def __init__(self, period_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._period_s = period_s
        self._clock = clock
        self._start_s = clock()
        self._count = 0

    def restart(self) -> None:
        """Count from now; the next wait returns at once."""
        self._start_s = self._clock()
        self._count = 0

    def wait(self, stop: threading.Event) -> bool:
        """Wait until the next period begins; False if `stop` was set first."""
        late_s = self._clock() - self._due_s()
        if late_s > self._period_s:
            self.restart()
        elif late_s < 0 and stop.wait(-late_s):
            return False
        self._count += 1
        return not stop.is_set()

    def _due_s(self) -> float:
        return self._start_s + self._count * self._period_s
