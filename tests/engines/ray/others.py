"""How busy others than a test keep this machine, for figures that only an idle one can hold."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil


class Others:
    """What processes that are not below this one take of the processors, from now on."""

    def __init__(self) -> None:
        self._began, self._busy_s, self._own_s = time.monotonic(), _busy_s(), _own_s()

    def share(self) -> float:
        """Their part of all processors, 0 to 1; what a hypervisor gave to others counts."""
        possible = (time.monotonic() - self._began) * (psutil.cpu_count() or 1)
        own = sum(now - self._own_s.get(pid, 0.0) for pid, now in _own_s().items())
        return (_busy_s() - self._busy_s - own) / possible


def _busy_s() -> float:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # The time of guests is in that of users already.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - guests)


def _own_s() -> dict[int, float]:
    """This process and all below it that live."""
    found = {}
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        with suppress(psutil.Error):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found
