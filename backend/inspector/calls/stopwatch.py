"""The parts of one exchange's time, measured so that they add up."""

from __future__ import annotations

import time

from backend.inspector.calls.exchange import TimingPart


class Stopwatch:
    """Cuts the time since its start into parts that follow one another without gaps."""

    def __init__(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._cut_ns = 0
        self._parts: list[TimingPart] = []

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the start."""
        return time.monotonic_ns() - self._began_ns

    def cut(self, name: str, *, note: str = "", at_ns: int | None = None) -> TimingPart:
        """End a part now, or at a moment noted earlier: it began where the last one ended."""
        end = self.now_ns if at_ns is None else max(at_ns, self._cut_ns)
        part = TimingPart(name, self._cut_ns, end - self._cut_ns, note=note)
        self._parts.append(part)
        self._cut_ns = end
        return part

    def nest(self, name: str, parts: tuple[tuple[str, int], ...]) -> None:
        """Put durations that the server reported, in ns, into the part of that name.

        Only durations are known, not when they began: they are drawn one after another in the
        middle of the part, or from its start if they are longer than it.
        """
        for index, part in enumerate(self._parts):
            if part.name == name and parts:
                total = sum(duration for _, duration in parts)
                start = part.start_ns + max(0, part.duration_ns - total) // 2
                self._parts[index] = TimingPart(
                    part.name,
                    part.start_ns,
                    part.duration_ns,
                    _one_after_another(start, parts),
                    part.note,
                )
                return

    @property
    def parts(self) -> tuple[TimingPart, ...]:
        """The parts so far, in order."""
        return tuple(self._parts)

    @property
    def total_ns(self) -> int:
        """What the parts add up to."""
        return self._cut_ns


def _one_after_another(start_ns: int, parts: tuple[tuple[str, int], ...]) -> tuple[TimingPart, ...]:
    made = []
    for name, duration in parts:
        made.append(TimingPart(name, start_ns, duration))
        start_ns += duration
    return tuple(made)
