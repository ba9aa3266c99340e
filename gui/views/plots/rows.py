"""The rows of the top-k bars: who is shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HOLD_NS = 250_000_000
"""Rows keep their order this long, so that two close scores do not swap with every frame."""


@dataclass(frozen=True, slots=True)
class BarRow:
    """A label with its bar (0 to 1), the text of its value and the series that colours it.

    Without one it has the colour of its class.
    """

    label: str
    part: float
    value: str
    hue: int | None = None


class RowOrder:
    """Keeps rows as they are between sortings, so that what is shown is always in order."""

    def __init__(self, k: int) -> None:
        self.k = k
        self._rows: tuple[BarRow, ...] = ()
        self._newest: tuple[BarRow, ...] = ()
        self._sorted_ns: int | None = None

    @property
    def rows(self) -> tuple[BarRow, ...]:
        """The rows, top first."""
        return self._rows

    def update(self, best_first: Sequence[BarRow], now_ns: int) -> tuple[BarRow, ...]:
        """Take new values.

        As long as their order is that of the rows on show they are shown at once, otherwise when
        the hold is over.
        """
        self._newest = tuple(best_first[: self.k])
        held = self._sorted_ns is not None and now_ns - self._sorted_ns < HOLD_NS
        if not held or not self._rows:
            return self.settle(now_ns)
        if [row.label for row in self._newest] == [row.label for row in self._rows]:
            self._rows = self._newest
        return self._rows

    def settle(self, now_ns: int) -> tuple[BarRow, ...]:
        """Show the newest values in their order."""
        self._rows, self._sorted_ns = self._newest, now_ns
        return self._rows

    def clear(self) -> None:
        """Forget the rows."""
        self._rows = self._newest = ()
        self._sorted_ns = None
