"""Time that passes only while somebody waits for it."""

from __future__ import annotations

import threading


class Clock:
    """A clock that stands still until it is moved; `waits` are those that have moved it."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now_s


class Sleep(threading.Event):
    """An event that is never set; to wait for it is to move the clock."""

    def __init__(self, clock: Clock, oversleep_s: float = 0.0) -> None:
        super().__init__()
        self._clock, self._oversleep_s = clock, oversleep_s

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self._clock.now_s += timeout + self._oversleep_s
        self._clock.waits.append(timeout)
        return False
