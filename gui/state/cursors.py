"""Two cursors on the plots: moments that were marked, and the difference of them."""

from __future__ import annotations

NAMES = ("A", "B")


class Cursors:
    """Moments by name, in seconds of the clock of the samples; the chosen one moves by keys."""

    def __init__(self) -> None:
        self._at_s: dict[str, float] = {}
        self.chosen = ""

    def __bool__(self) -> bool:
        return bool(self._at_s)

    def at_s(self, name: str) -> float | None:
        """Where it is, None before it is placed."""
        return self._at_s.get(name)

    @property
    def placed(self) -> tuple[tuple[str, float], ...]:
        """Name and moment of those that are placed, A first."""
        return tuple((name, self._at_s[name]) for name in NAMES if name in self._at_s)

    def place(self, name: str, at_s: float) -> None:
        """Put one there, and choose it."""
        if name not in NAMES:
            raise ValueError(f"A cursor is called A or B, not {name!r}.")
        self._at_s[name], self.chosen = at_s, name

    def place_next(self, at_s: float) -> None:
        """Put one there: the first that is not placed, else the nearer one."""
        free = [name for name in NAMES if name not in self._at_s]
        nearest = min(self._at_s, key=lambda name: abs(self._at_s[name] - at_s), default="")
        self.place(free[0] if free else nearest, at_s)

    def move(self, by_s: float, first_s: float, last_s: float) -> None:
        """Move the chosen one, no further than to the first and the last moment."""
        if self.chosen:
            at_s = self._at_s[self.chosen] + by_s
            self._at_s[self.chosen] = min(max(at_s, first_s), last_s)

    def forget_before(self, first_s: float) -> bool:
        """Remove those whose moment is gone from the plots; whether there were any."""
        gone = [name for name, at_s in self._at_s.items() if at_s < first_s]
        for name in gone:
            del self._at_s[name]
        if self.chosen not in self._at_s:
            self.chosen = next(iter(self._at_s), "")
        return bool(gone)

    def clear(self) -> None:
        """Remove both."""
        self._at_s.clear()
        self.chosen = ""
