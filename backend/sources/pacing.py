"""The clock of a file: items at their own pace, or as fast as they are taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from backend.sources.kind import Pace

_SLACK_S = 0.1


class Pacer:
    """Holds each item back until its moment.

    A reader that was kept waiting by others moves the clock along with it: what follows comes at
    the usual pace and not in a burst. Delays of less than a tenth of a second are made up for.
    A `speed` of 2 halves every pause.
    """

    def __init__(
        self, pace: Pace, clock: Callable[[], float] = time.monotonic, *, speed: float = 1.0
    ) -> None:
        self._pace = pace
        self._speed = speed
        self._clock = clock
        self._zero: float | None = None

    def use(self, pace: Pace, speed: float) -> None:
        """Another pace from the next item on, which is due at once."""
        self._pace, self._speed, self._zero = pace, speed, None

    def restart(self) -> None:
        """The next item is due at once, whatever its time."""
        self._zero = None

    def left_s(self, at_s: float) -> float:
        """How long it is until the moment `at_s` of the recording; 0 or less if it is due."""
        if self._pace is Pace.FREE:
            return 0.0
        at_s /= self._speed
        now = self._clock()
        if self._zero is None or now - (self._zero + at_s) > _SLACK_S:
            self._zero = now - at_s
        return self._zero + at_s - now

    def wait(self, at_s: float, stop: threading.Event) -> bool:
        """Wait until the moment `at_s` of the recording; False if `stop` was set first."""
        if self._pace is Pace.FREE:
            return not stop.is_set()
        return not stop.wait(max(0.0, self.left_s(at_s)))
