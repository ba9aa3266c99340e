"""Which parts of a file were shown, so that what is played again is not taken for something new."""

from __future__ import annotations

_FOLLOWS_S = 3.2
"""Results so near to each other in a file show what is between them too: as far as the fastest
playback comes in 0.4 s."""

_MOST_STRETCHES = 256


class Played:
    """The stretches of one file that were shown, in seconds from its start."""

    def __init__(self) -> None:
        self._stretches: list[tuple[float, float]] = []
        self._last_s: float | None = None

    def clear(self) -> None:
        """Nothing was shown yet."""
        self._stretches.clear()
        self._last_s = None

    def show(self, at_s: float) -> bool:
        """Show the result at a place; whether it was shown before."""
        known = any(start <= at_s <= end for start, end in self._stretches)
        last, self._last_s = self._last_s, at_s
        if not known:
            on = last is not None and 0 < at_s - last <= _FOLLOWS_S
            self._add(last if last is not None and on else at_s, at_s)
        return known

    def _add(self, start: float, end: float) -> None:
        kept = []
        for each in self._stretches:
            if each[1] < start or end < each[0]:
                kept.append(each)
            else:
                start, end = min(start, each[0]), max(end, each[1])
        self._stretches = [*kept, (start, end)][-_MOST_STRETCHES:]
