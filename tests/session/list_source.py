"""A source that gives prepared samples: the shortest road from a test to a session."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from backend.core.samples import AudioBlock, Captured, Frame, MediaKind
from backend.core.status import SourceInfo
from backend.sources.source import EndOfSource


class ListSource:
    """Gives the items once, or again and again; `interval_s` is the pause between two."""

    def __init__(
        self,
        items: Sequence[Captured],
        *,
        live: bool = False,
        repeat: bool = False,
        interval_s: float = 0.0,
    ) -> None:
        self._items = items
        self._repeat = repeat
        self._interval_s = interval_s
        self._next = 0
        kind = MediaKind.AUDIO if isinstance(items[0], AudioBlock) else MediaKind.IMAGE
        self.info = SourceInfo(kind, "list", live)

    def open(self, stop: threading.Event) -> SourceInfo:
        self._next = 0
        return self.info

    def read(self, stop: threading.Event) -> Captured | None:
        if self._next == len(self._items) and not self._repeat:
            raise EndOfSource
        if self._interval_s:
            stop.wait(self._interval_s)
        item = self._items[self._next % len(self._items)]
        number, self._next = self._next, self._next + 1
        now = time.monotonic_ns()
        if isinstance(item, Frame):
            return Frame(number, now, item.pixels, item.media_time_s, item.name)
        return AudioBlock(number, now, item.samples, item.rate, item.media_time_s, item.name)

    def close(self) -> None:
        pass
