"""Something long that can be given up from any thread, together with what it waits for."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator


class Cancellable(ABC):
    """Whether somebody has given up; what is waited for meanwhile can be ended with it."""

    def __init__(self) -> None:
        self._given_up = threading.Event()
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._given_up.is_set()

    def cancel(self) -> None:
        """Give up; returns at once, and may be called twice."""
        with self._lock:
            self._given_up.set()
            ends = tuple(self._ends)
        for end in ends:
            end()

    @abstractmethod
    def check(self) -> None:
        """Raise an error of its own kind if it was cancelled."""

    @contextlib.contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Meanwhile `cancel` calls `end` too, on its own thread; raises as `check` does."""
        with self._lock:
            self.check()
            self._ends.append(end)
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)
