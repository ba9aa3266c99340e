"""The rows of the top-k bars: who is shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

HOLD_NS = 250_000_000
"""Rows keep their order this long, so that two close scores do not swap with every frame."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label with its bar (0 to 1), the text of its value and the series that colours it."""

    label: str
    part: float
    value: str
    hue: int = 0


class RowOrder:
    """Keeps rows in place between sortings while their values follow every prediction."""

    def __init__(self, k: int) -> None:
        self.k = k
        self._rows: tuple[Row, ...] = ()
        self._sorted_ns: int | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows, top first."""
        return self._rows

    def update(self, best_first: Sequence[Row], now_ns: int) -> tuple[Row, ...]:
        """Take new values; sort again if the hold is over. A label that is gone shows 0."""
        if self._sorted_ns is None or now_ns - self._sorted_ns >= HOLD_NS or not self._rows:
            self._rows = tuple(best_first[: self.k])
            self._sorted_ns = now_ns
            return self._rows
        by_label = {row.label: row for row in best_first}
        self._rows = tuple(
            by_label.get(row.label, replace(row, part=0.0, value="–")) for row in self._rows
        )
        return self._rows

    def clear(self) -> None:
        """Forget the rows."""
        self._rows, self._sorted_ns = (), None
