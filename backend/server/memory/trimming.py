"""Gives memory back after very large messages."""

from __future__ import annotations

import asyncio

from backend.core.process import trim_memory
from backend.core.trimming import LARGE_MESSAGE, TRIM_DELAY_S


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
