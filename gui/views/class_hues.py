"""Which colour a class has: the same in boxes, counts, masks, bars and timeline."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from gui.widgets.language import tr
from gui.widgets.theme import HUES

_FREE_AFTER_NS = 10_000_000_000
"""A class that nobody has drawn for so long gives its colour up, where none is left."""
_MOST_NAMES = 1024


def class_name(label: str, index: int) -> str:
    """What a class is called, also one without a name."""
    return label or tr("class {index}", index=index)


class ClassHues:
    """Gives each class the next free colour when it is first drawn, and the same from then on.

    Two share one only while more than eight are drawn. One of these is shared by all that draw
    classes, on whichever page and from any thread; `clear` begins anew, when what the live page
    shows is of another model or source.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._drawn_ns: dict[str, int] = {}

    def clear(self) -> None:
        """What comes next has nothing to do with what was."""
        with self._lock:
            self._numbers.clear()
            self._drawn_ns.clear()

    def number(self, name: str) -> int:
        """The number, 0 to 7, of the series or mark colour for a class by its name as shown."""
        now_ns = self._clock()
        with self._lock:
            if name not in self._numbers:
                self._numbers[name] = self._next(now_ns)
            self._drawn_ns[name] = now_ns
            return self._numbers[name]

    def _next(self, now_ns: int) -> int:
        uses = Counter(self._numbers.values())
        free = [number for number in range(HUES) if not uses[number]]
        if free:
            return free[0]
        oldest = min(self._drawn_ns, key=self._drawn_ns.__getitem__)
        if now_ns - self._drawn_ns[oldest] < _FREE_AFTER_NS and len(self._numbers) < _MOST_NAMES:
            return min(range(HUES), key=uses.__getitem__)
        del self._drawn_ns[oldest]
        return self._numbers.pop(oldest)
