"""The last seconds of a run, kept in memory to be written once something has happened."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from backend.core.defaults import RECENT_BYTES, RECENT_SECONDS
from backend.core.samples import Frame
from backend.core.status import Result, Sent
from backend.recording.recorder import RECORDED
from backend.session.sinks import Item, size_of
from backend.wire.recording.file import RecordingFile
from backend.wire.recording.output import OutputFile
from backend.wire.recording.writing import Recordable

_NO_PIXELS = np.empty((0, 0, 3), np.uint8)
_ITEM_BYTES = 2048
"""About what an item takes beside its arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    item: Recordable
    came_ns: int
    size: int


class Recent:
    """A sink that keeps the newest items, as many as are of the last `seconds` and within a bound.

    Of two limits the narrower one counts: pictures of 640 x 480 as pixels reach the bound of
    memory after some 18 s at 30 a second, as JPEG they do not.
    """

    topics = RECORDED

    def __init__(self, seconds: float = RECENT_SECONDS, most_bytes: int = RECENT_BYTES) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: deque[_Kept] = deque()
        self._bytes = 0

    @property
    def held_bytes(self) -> int:
        """What it keeps of memory, about."""
        return self._bytes

    @property
    def held_seconds(self) -> float:
        """How far back it reaches."""
        with self._lock:
            return (time.monotonic_ns() - self._kept[0].came_ns) / 1e9 if self._kept else 0.0

    def write(self, item: Item) -> None:
        """Keep one more, and let go of what is too old or too much."""
        if isinstance(item, Frame):
            return
        kept = _light(item)
        entry = _Kept(kept, time.monotonic_ns(), size_of(kept) + _ITEM_BYTES)
        with self._lock:
            self._kept.append(entry)
            self._bytes += entry.size
            oldest_ns = entry.came_ns - int(self._seconds * 1e9)
            while self._kept and (
                self._bytes > self._most_bytes or self._kept[0].came_ns < oldest_ns
            ):
                self._bytes -= self._kept.popleft().size

    def close(self) -> None:
        """What is kept can still be saved."""

    def save(self, output: OutputFile) -> float:
        """Write what is kept now; from any thread, meanwhile more may come.

        An answer whose sample is kept no more is left out. Gives how many seconds it reaches from
        the first to the last; raises RecordingFailed.
        """
        with self._lock:
            kept = list(self._kept)
        file = RecordingFile(output)
        sent: set[tuple[int, int]] = set()
        try:
            for entry in kept:
                match entry.item:
                    case Sent(seq=seq, lane=lane):
                        sent.add((lane, seq))
                    case Result(seq=seq, lane=lane) if (lane, seq) not in sent:
                        continue
                file.write(entry.item, entry.came_ns)
        finally:
            file.close()
        return (kept[-1].came_ns - kept[0].came_ns) / 1e9 if kept else 0.0


def _light(item: Recordable) -> Recordable:
    """The item without pixels that are kept elsewhere or not written."""
    match item:
        case Result(sample=Frame() as frame):
            return replace(item, sample=replace(frame, pixels=_NO_PIXELS, file=None))
        case Sent(sample=Frame(file=file) as frame) if file is not None:
            pixels = np.broadcast_to(_NO_PIXEL, frame.pixels.shape)
            return replace(item, sample=replace(frame, pixels=pixels))
    return item


_NO_PIXEL = np.zeros((1, 1, 3), np.uint8)
