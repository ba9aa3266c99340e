"""The paired difference of latency with its interval, kept up to date."""

from __future__ import annotations

import time
from collections.abc import Sequence

from backend.side_by_side import Estimate, median_estimate
from gui.state.tasks import Tasks

_EVERY_S = 1.0
_UNKNOWN = Estimate(None, None, None)


class Estimator:
    """The interval takes some milliseconds: it is found elsewhere, and at most once a second."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._at, self._round = 0.0, 0
        self._busy = False
        self.estimate = _UNKNOWN

    def forget(self) -> None:
        """What comes next is of other sides."""
        self._round += 1
        self._at, self.estimate = 0.0, _UNKNOWN

    def look(self, differences_ms: Sequence[float]) -> None:
        """These are the differences now, B less A."""
        now = time.monotonic()
        if self._busy or now - self._at < _EVERY_S:
            return
        self._at, self._busy = now, True
        values, asked = list(differences_ms), self._round

        def done(found: Estimate) -> None:
            self._busy = False
            if asked == self._round:
                self.estimate = found

        def failed(_error: Exception) -> None:
            self._busy = False

        self._tasks.start("estimate", lambda: median_estimate(values), done, failed)
