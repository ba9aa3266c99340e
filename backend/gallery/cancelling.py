"""A download's end from outside: from any thread, and at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from backend.gallery.faults import DownloadError, DownloadFault


class Cancellation:
    """Whether somebody has given up; what is waited for meanwhile can be ended with it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Give up; returns at once, and may be called twice."""
        with self._lock:
            self._event.set()
            ends = tuple(self._ends)
        for end in ends:
            end()

    def check(self) -> None:
        """Raise DownloadError if it was cancelled."""
        if self.cancelled:
            raise DownloadError(DownloadFault.CANCELLED, "The download was cancelled.")

    def wait(self, timeout_s: float) -> None:
        """Let so much time pass, unless it is cancelled: raises DownloadError then."""
        self._event.wait(timeout_s)
        self.check()

    @contextlib.contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Meanwhile `cancel` calls `end` too, from its own thread; raises if it was called."""
        with self._lock:
            self.check()
            self._ends.append(end)
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)
