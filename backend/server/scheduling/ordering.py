"""In which order the answers of a model's instances are handed out."""

from __future__ import annotations

import threading
from collections.abc import Callable


class AtOnce:
    """As they come."""

    def hand_out(self, batch_number: int, action: Callable[[], None]) -> None:
        """Hand the answers of a batch out."""
        del batch_number
        action()


class InOrder:
    """In the order in which the batches left the queue, counted from 1; safe from any thread.

    What it holds are answers that somebody waits for: never more than requests in flight.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 1
        self._held: dict[int, Callable[[], None]] = {}

    def hand_out(self, batch_number: int, action: Callable[[], None]) -> None:
        """Hand the answers of a batch out as soon as all before it have been."""
        with self._lock:
            self._held[batch_number] = action
            while self._next in self._held:
                self._held.pop(self._next)()
                self._next += 1
