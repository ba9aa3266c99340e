"""Memory that the server and a Python model's process share, one piece for each direction.

Large buffers are put there and only their place is written to the pipe, so that a tensor is copied
once on its way. Who reads a buffer says when the last array over it is gone; its place is free
again then, so a model may keep its inputs for as long as it likes. Where there is no such memory,
or no place in it, buffers go through the pipe. Linux only.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import weakref
from collections import deque
from collections.abc import Iterable

import numpy as np

from backend.core.tensors import Array
from backend.wire.elements import Buffer

SMALLEST = 32 * 1024
"""A smaller buffer is quicker through the pipe."""
_CAPACITY = 256 << 20
"""Address space; only what is written to takes memory."""
_PAGE = mmap.PAGESIZE
_RETURNED = 32 << 20
"""Pages of a place this large go back to the system when it is free."""


def make_memory() -> tuple[int, ...]:
    """Descriptors of two new pieces, to be inherited and mapped; none where that is not offered."""
    if sys.platform != "linux":
        return ()
    import fcntl

    made: list[int] = []
    try:
        for name in ("to-model", "from-model"):
            made.append(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))
            os.ftruncate(made[-1], _CAPACITY)
            # Whoever made it smaller would end the other side with SIGBUS.
            fcntl.fcntl(made[-1], fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    except OSError:
        for descriptor in made:
            os.close(descriptor)
        return ()
    return tuple(made)


def map_memory(descriptor: int) -> mmap.mmap:
    """Map a piece and close its descriptor."""
    try:
        return mmap.mmap(descriptor, _CAPACITY)
    finally:
        os.close(descriptor)


class BufferArea:
    """Where one side puts buffers for the other; used by one thread at a time."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._bytes = np.frombuffer(memory, np.uint8)
        self._taken: dict[int, int] = {}

    def put(self, buffer: Buffer) -> int | None:
        """Copy a buffer there; its place, or None if it does not fit."""
        size = len(buffer)
        needed = -(-size // _PAGE) * _PAGE
        start = self._first_gap(needed)
        if start is None:
            return None
        self._taken[start] = start + needed
        # Unlike a memoryview's, numpy's copy lets other threads run.
        np.copyto(self._bytes[start : start + size], np.frombuffer(buffer, np.uint8))
        return start

    def free(self, places: Iterable[int]) -> None:
        """The other side is done with them."""
        for start in places:
            end = self._taken.pop(start, start)
            if end - start >= _RETURNED:
                with contextlib.suppress(OSError):
                    self._memory.madvise(mmap.MADV_REMOVE, start, end - start)

    def _first_gap(self, needed: int) -> int | None:
        """The lowest place: its pages are the likeliest to be in the cache."""
        at = 0
        for start in sorted(self._taken):
            if start - at >= needed:
                return at
            at = self._taken[start]
        return at if len(self._memory) - at >= needed else None


class Reader:
    """Takes buffers from where the other side has put them."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._done: deque[int] = deque()

    def take(self, place: int, size: int) -> Array:
        """The bytes as they lie there, kept until the last array over them is gone."""
        array = np.frombuffer(self._memory, np.uint8, size, place)
        # An append and no more: this may run at any moment in any thread.
        weakref.finalize(array, self._done.append, place).atexit = False
        return array

    def finished(self) -> list[int]:
        """The places that are free again since the last call."""
        found: list[int] = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._done.popleft())
        return found
