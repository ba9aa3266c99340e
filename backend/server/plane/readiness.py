"""Whether the server takes requests, for those who ask and for those who wait for the answer."""

from __future__ import annotations

import asyncio


class Readiness:
    """Ready from the start, until it drains; belongs to the event loop."""

    def __init__(self) -> None:
        self._draining = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether requests are taken."""
        return not self._draining.is_set()

    def drain(self) -> None:
        """Take no more requests; there is no way back."""
        self._draining.set()

    async def draining(self) -> None:
        """Return once the server drains."""
        await self._draining.wait()
