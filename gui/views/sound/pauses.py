"""The time of sound that is played, in which a pause takes none."""

from __future__ import annotations

_MOST_GAPS = 256


class Pauses:
    """Turns moments of the clock into moments of the sound, and back; both are in seconds.

    A moment within a pause is where the sound before it ends.
    """

    def __init__(self) -> None:
        self._gaps: list[tuple[float, float]] = []
        self._gone_s = 0.0
        """How long the pauses were that are remembered no more."""
        self._newest_s: float | None = None
        self._open_s: float | None = None
        """The end of the sound before the pause that no sound has ended yet."""
        self._resting = False

    def clear(self) -> None:
        """Forget the sound; what rests goes on resting."""
        self._gaps.clear()
        self._gone_s, self._newest_s, self._open_s = 0.0, None, None

    def rest(self, *, resting: bool) -> None:
        """Nothing is played on from now on, or it is."""
        self._resting = resting
        if resting and self._open_s is None:
            self._open_s = self._newest_s

    def hear(self, start_s: float, end_s: float) -> None:
        """Sound from one moment to another has come."""
        if self._open_s is not None and start_s > self._open_s:
            self._gaps.append((self._open_s, start_s))
            if len(self._gaps) > _MOST_GAPS:
                start, end = self._gaps.pop(0)
                self._gone_s += end - start
        self._newest_s = end_s
        self._open_s = end_s if self._resting else None

    def to_sound(self, at_s: float) -> float:
        """The moment of the sound at one of the clock."""
        passed = self._gone_s + sum(
            min(at_s, end) - start for start, end in self._gaps if at_s > start
        )
        if self._open_s is not None and at_s > self._open_s:
            passed += at_s - self._open_s
        return at_s - passed

    def to_clock(self, at_s: float) -> float:
        """The moment of the clock at one of the sound."""
        at_s += self._gone_s
        for start, end in self._gaps:
            if at_s > start:
                at_s += end - start
        return at_s
