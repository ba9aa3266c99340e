"""Samples of a recording by the moment of their capture: where to read for one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from backend.core.samples import WindowGrid
from backend.wire.recording.items import (
    Recorded,
    RecordedPicture,
    RecordedSound,
    RecordedWindow,
)
from backend.wire.recording.reader import SAMPLES, RecordingReader

RecordedSample: TypeAlias = RecordedPicture | RecordedSound

ROUNDED_NS = 1000
"""Places are seconds as floating-point numbers: a sample so little before one is at it."""
_BLOCKS_KEPT = 512
_GRID_WITHIN_S, _GRID_WITHIN_ITEMS = 10.0, 8192
"""A window that was sent later says nothing of the sound here: others in between were dropped."""
_LOOKED_AT = 2
"""Chunks that are read at a time for the sample before another."""


class SamplePlaces:
    """Finds samples of one kind in a file; every method reads it, and raises SourceError."""

    def __init__(
        self, path: Path, kind: type[RecordedPicture] | type[RecordedSound], first_ns: int
    ) -> None:
        self._reader = RecordingReader(path, SAMPLES)
        self._kind = kind
        self._first_ns = first_ns
        self._newest_ns: int | None = None

    def newest_ns(self, stop: threading.Event) -> int:
        """When the last sample was captured; read from the end, once."""
        if self._newest_ns is None:
            self._newest_ns = self._find_newest(stop)
        return self._newest_ns

    def before_ns(self, at_ns: int, stop: threading.Event) -> int:
        """When the last sample before a moment was captured, that of the first if none was."""
        at = self._reader.index().chunk_at(at_ns)
        for number in range(at, -1, -_LOOKED_AT):
            near = self._samples(max(0, number - _LOOKED_AT), number + 2, stop)
            found = [each.captured_ns for each in near if each.captured_ns < at_ns - ROUNDED_NS]
            if found:
                return max(found)
        return self._first_ns

    def chunk_for(self, at_ns: int) -> int:
        """From which chunk on to read for the sample that was captured at a moment.

        It was sent later: it is in no chunk that ends before.
        """
        return max(0, self._reader.index().chunk_at(at_ns) - 1)

    def grid_at(self, at_ns: int, stop: threading.Event) -> WindowGrid | None:
        """Where the sound from the block of a moment on was cut into windows, None if it was not.

        By their places in a file; of sound without, by counting samples, as the moments that
        devices name are not that exact.
        """
        first: RecordedSound | None = None
        heard_s = 0.0
        ends_s: OrderedDict[int, float] = OrderedDict()
        items = self._reader.items_in(self.chunk_for(at_ns), None, stop)
        for item in islice(items, _GRID_WITHIN_ITEMS):
            match item:
                case RecordedSound() if first or item.captured_ns >= at_ns - ROUNDED_NS:
                    first = first or item
                    heard_s += len(item.samples) / item.rate
                    ends_s[item.captured_ns] = heard_s
                    if len(ends_s) > _BLOCKS_KEPT:
                        ends_s.popitem(last=False)
                    if heard_s > _GRID_WITHIN_S:
                        return None
                case RecordedWindow() if first is not None:
                    start_s = _start_of(item, first, ends_s.get(item.captured_ns + item.behind_ns))
                    if start_s is not None:
                        return WindowGrid(start_s, item.samples, item.rate)
        return None

    def _find_newest(self, stop: threading.Event) -> int:
        for number in range(len(self._reader.index().chunks) - 1, -1, -1):
            found = [each.captured_ns for each in self._samples(number, number + 1, stop)]
            if found:
                return max(found)
        return self._first_ns

    def _samples(self, first: int, end: int, stop: threading.Event) -> Iterator[RecordedSample]:
        for item in samples_of(self._reader.items_in(first, end, stop)):
            if isinstance(item, self._kind):
                yield item


def _start_of(
    window: RecordedWindow, first: RecordedSound, block_end_s: float | None
) -> float | None:
    """How long after the first sample of a block a window begins, None if it is not of its sound.

    `block_end_s` is how long after it the block ends in which the window does.
    """
    if not window.rate:
        return None
    length_s = window.samples / window.rate
    if window.media_time_s is not None and first.media_time_s is not None:
        start_s = window.media_time_s - first.media_time_s
    elif block_end_s is not None:
        start_s = block_end_s - window.behind_ns / 1e9 - length_s
    else:
        return None
    return start_s if -length_s < start_s < _GRID_WITHIN_S else None


def samples_of(items: Iterator[Recorded]) -> Generator[RecordedSample, None, None]:
    """The pictures and the sound among the items."""
    for item in items:
        if isinstance(item, RecordedPicture | RecordedSound):
            yield item
