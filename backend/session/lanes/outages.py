"""When there was no connection: what lived through that is no latency of the target's."""

from __future__ import annotations

import threading
import time
from collections import deque

from backend.core.status import OutageCounts

_KEPT = 64


class Outages:
    """Begins when a connection in use is lost or cannot be had, ends with the next one; safe from
    any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over: deque[tuple[int, int]] = deque(maxlen=_KEPT)
        self._began_ns: int | None = None
        self._count = 0
        self._ns = 0
        self._delayed = 0

    def begin(self) -> None:
        """There is no connection from now on."""
        with self._lock:
            if self._began_ns is None:
                self._began_ns = time.monotonic_ns()
                self._count += 1

    def end(self) -> None:
        """There is one again, or the run is over."""
        with self._lock:
            if self._began_ns is not None:
                now_ns = time.monotonic_ns()
                self._over.append((self._began_ns, now_ns))
                self._ns += now_ns - self._began_ns
                self._began_ns = None

    def delayed(self, start_ns: int, end_ns: int) -> bool:
        """Whether an answer between these moments lived through an outage, which is counted."""
        with self._lock:
            began_ns = self._began_ns
            over = self._over
            found = (began_ns is not None and began_ns < end_ns) or any(
                start_ns < until and since < end_ns for since, until in over
            )
            self._delayed += found
            return found

    def counts(self) -> OutageCounts:
        """How many, how long, and how many answers they delayed."""
        with self._lock:
            now_ns = time.monotonic_ns()
            under_way_ns = 0 if self._began_ns is None else now_ns - self._began_ns
            return OutageCounts(self._count, (self._ns + under_way_ns) / 1e9, self._delayed)
