"""Lets only the window's thread collect reference cycles: whoever does deletes the widgets in them.

Python collects on whichever thread happens to allocate, be it the server's or gRPC's, and Qt
crashes when a widget or a timer is deleted on another thread than its own.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

_LOOK_MS = 100
_YOUNGEST, _MIDDLE, _FULL = 0, 1, 2
_PAUSES_APART = 100
"""Full collections take at most one part in so many of the thread's time."""


class Collector(QObject):
    """While it is open, only the thread that made it collects, between events and never amid one.

    A generation is due when Python itself would have collected it. What there is when the event
    loop begins is taken for what stays and is not looked at again. The rest is what full
    collections take longer for the more there is, so they keep a distance that grows with that.
    """

    def __init__(
        self,
        parent: QObject | None = None,
        collect: Callable[[int], object] = gc.collect,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(parent)
        self._collect, self._clock_ns = collect, clock_ns
        self._full_from_ns = 0
        self.begun = False
        """Whether what there was at the first event is taken for what stays."""
        gc.disable()
        # No idle timer: that would wait for as long as the window has something to do.
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def close(self) -> None:
        """Let every thread collect again; nothing young is left for another one to find.

        What is frozen stays so: Python's own end would look through all of it, for a fifth of a
        second.
        """
        self._timer.stop()
        self._collect(_MIDDLE)
        gc.enable()

    @Slot()
    def _look(self) -> None:
        if not self.begun:
            self.begun = True
            gc.freeze()
            return
        began_ns = self._clock_ns()
        generation = due(gc.get_count(), gc.get_threshold(), full=began_ns >= self._full_from_ns)
        if generation is None:
            return
        self._collect(generation)
        if generation == _FULL:
            ended_ns = self._clock_ns()
            self._full_from_ns = ended_ns + _PAUSES_APART * (ended_ns - began_ns)


def due(
    counts: tuple[int, int, int], thresholds: tuple[int, int, int], *, full: bool
) -> int | None:
    """The oldest generation to be collected now, None for none; `full` allows all of them.

    As Python decides it: allocations let it look, the counts of collections tell how far to go.
    """
    if not thresholds[_YOUNGEST] or counts[_YOUNGEST] <= thresholds[_YOUNGEST]:
        return None
    oldest = _FULL if full else _MIDDLE
    return next(
        generation
        for generation in range(oldest, _YOUNGEST - 1, -1)
        if counts[generation] > thresholds[generation]
    )
