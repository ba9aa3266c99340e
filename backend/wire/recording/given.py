"""Which recorded sample is which of those that were just given."""

from __future__ import annotations

import threading
from collections import OrderedDict

_KEPT = 512
"""Samples whose moments are remembered: more than can be on their way."""


class GivenMoments:
    """The moments of the newest samples, now and in the recording; from any thread."""

    def __init__(self) -> None:
        self._recorded: OrderedDict[int, int] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, given_ns: int, recorded_ns: int) -> None:
        """What was captured for the recording at the second moment is given at the first."""
        with self._lock:
            self._recorded[given_ns] = recorded_ns
            while len(self._recorded) > _KEPT:
                self._recorded.popitem(last=False)

    def recorded_ns(self, given_ns: int) -> int | None:
        """When what was given then was captured for the recording; None if not known any more."""
        with self._lock:
            return self._recorded.get(given_ns)
