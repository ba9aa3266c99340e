"""Which parts of a file were shown, so that what is played again is not taken for something new."""

from __future__ import annotations

FOLLOWS_S = 3.2
"""How far apart in a file two results in a row may be: the longest gap that objects are followed
over, at the fastest playback."""

BACK_S = 0.4
"""How far back a step may lead within the same stretch; further is a jump, or the next pass."""

_MOST_STRETCHES = 256


def follows(before_s: float | None, at_s: float | None) -> bool:
    """Whether a result at this place of a file goes on where that at the other was; None: no file.

    True for what is not played from a file.
    """
    if before_s is None or at_s is None:
        return True
    return -BACK_S <= at_s - before_s <= FOLLOWS_S


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
            start = last if last is not None and last < at_s and follows(last, at_s) else at_s
            self._add(start, at_s)
        return known

    def _add(self, start: float, end: float) -> None:
        kept = []
        for each in self._stretches:
            if each[1] < start or end < each[0]:
                kept.append(each)
            else:
                start, end = min(start, each[0]), max(end, each[1])
        self._stretches = [*kept, (start, end)][-_MOST_STRETCHES:]
