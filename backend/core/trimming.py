"""Gives memory back after very large messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backend.core.process import trim_memory

LARGE_MESSAGE = 32 * 1024 * 1024
"""Messages below this size are kept in memory for the next ones: that is what makes them fast."""

TRIM_DELAY_S = 0.5
"""By then the message itself is gone."""

_lock = threading.Lock()
_planned: list[threading.Timer] = []


@contextmanager
def received() -> Iterator[bytearray]:
    """What a message is gathered in; given back with its memory if gathering fails."""
    body = bytearray()
    try:
        yield body
    except BaseException:
        trim_after(len(body))
        body.clear()  # whoever keeps the error keeps the frames that hold it
        raise
    trim_after(len(body))


def trim_after(size_bytes: int) -> None:
    """Trim the process' memory soon, from a thread of its own, if a message was this large."""
    if size_bytes <= LARGE_MESSAGE:
        return
    with _lock:
        if _planned:
            return
        timer = threading.Timer(TRIM_DELAY_S, _trim)
        timer.name, timer.daemon = "trim-memory", True
        _planned.append(timer)
        timer.start()


def _trim() -> None:
    with _lock:
        _planned.clear()
    trim_memory()


class Trimmer:
    """Trims the process' memory soon after a large message; belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._planned: asyncio.TimerHandle | None = None

    def note(self, size_bytes: int) -> None:
        """A request and its reply were this large together."""
        if size_bytes > LARGE_MESSAGE and self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(TRIM_DELAY_S, self._trim)

    def _trim(self) -> None:
        self._planned = None
        trim_memory()
