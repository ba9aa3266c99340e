"""Where every captured item went: nothing is lost without being counted.

At every moment, exactly: captured = answered + failed + all dropped + waiting + in flight.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class DropPlace(StrEnum):
    """Where an item left the road to an answer."""

    WAITING = "waiting"
    """A newer one replaced it before it was sent."""
    OVERTAKEN = "overtaken"
    """Its reply came after that of a later item."""
    SWITCHED = "switched"
    """It was on its way when a setting changed, and took too long."""
    STOPPED = "stopped"
    """The run ended first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A consistent snapshot of a ledger."""

    captured: int = 0
    sent: int = 0
    answered: int = 0
    failed: int = 0
    waiting: int = 0
    in_flight: int = 0
    dropped: dict[DropPlace, int] = field(default_factory=dict)

    @property
    def dropped_total(self) -> int:
        """Dropped at any place."""
        return sum(self.dropped.values())


class Ledger:
    """Counts each item as it moves from place to place; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._captured = self._sent = self._answered = self._failed = 0
        self._waiting = self._in_flight = 0
        self._dropped: Counter[DropPlace] = Counter()

    def captured(self) -> None:
        """A source gave an item; it now waits to be sent."""
        with self._lock:
            self._captured += 1
            self._waiting += 1

    def dropped_waiting(self, place: DropPlace, count: int = 1) -> None:
        """Waiting items were given up."""
        with self._lock:
            self._waiting -= count
            self._dropped[place] += count

    def taken(self) -> None:
        """A waiting item is on its way."""
        with self._lock:
            self._waiting -= 1
            self._in_flight += 1
            self._sent += 1

    def answered(self) -> None:
        """An item in flight has its answer."""
        with self._lock:
            self._in_flight -= 1
            self._answered += 1

    def failed(self, count: int = 1) -> None:
        """Items in flight got an error."""
        with self._lock:
            self._in_flight -= count
            self._failed += count

    def dropped_in_flight(self, place: DropPlace, count: int = 1) -> None:
        """Items in flight were given up."""
        with self._lock:
            self._in_flight -= count
            self._dropped[place] += count

    def counts(self) -> Counts:
        """All counters at one moment."""
        with self._lock:
            return Counts(
                captured=self._captured,
                sent=self._sent,
                answered=self._answered,
                failed=self._failed,
                waiting=self._waiting,
                in_flight=self._in_flight,
                dropped={place: n for place, n in self._dropped.items() if n},
            )
