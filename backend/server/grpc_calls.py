"""The calls on the gRPC port: which have not said anything yet, and which connections have any."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Container
from typing import Any, TypeAlias

from backend.core.errors import Overloaded

Peer: TypeAlias = str
"""A client's address and port, as gRPC writes it."""


class Unheard:
    """Calls whose first message has not come: at most so many, the oldest makes room.

    Belongs to the event loop's thread.
    """

    def __init__(self, most: int, why: str) -> None:
        self._most = most
        self._why = why
        self._waiting: dict[asyncio.Timeout, None] = {}

    def heard(self, call: asyncio.Timeout) -> None:
        """The first message has come: the call may last from now on."""
        if call in self._waiting:
            del self._waiting[call]
            call.reschedule(None)

    def end_oldest(self) -> bool:
        """End the one that has waited longest; False if there is none."""
        oldest = next(iter(self._waiting), None)
        if oldest is None:
            return False
        del self._waiting[oldest]
        oldest.reschedule(asyncio.get_running_loop().time())
        return True

    def waiting(self, limit_s: float | None) -> _Waiting:
        """A call until `heard`; raises Overloaded in it after `limit_s`, or to make room."""
        if len(self._waiting) >= self._most:
            self.end_oldest()
        return _Waiting(self._waiting, limit_s, self._why)


class _Waiting:
    """Around what a call does until it is heard, or to its end."""

    def __init__(
        self, waiting: dict[asyncio.Timeout, None], limit_s: float | None, why: str
    ) -> None:
        self._waiting = waiting
        self._call = asyncio.timeout(limit_s)
        self._why = why

    async def __aenter__(self) -> asyncio.Timeout:
        await self._call.__aenter__()
        self._waiting[self._call] = None
        return self._call

    async def __aexit__(self, *raised: Any) -> None:
        self._waiting.pop(self._call, None)
        try:
            await self._call.__aexit__(*raised)
        except TimeoutError:
            raise Overloaded(self._why) from None


class CallCounts:
    """How many calls each connection has, and when its last one ended."""

    def __init__(self) -> None:
        self._open: Counter[Peer] = Counter()
        self._ended: dict[Peer, float] = {}

    def begin(self, peer: Peer) -> None:
        """A call has said something."""
        self._open[peer] += 1

    def end(self, peer: Peer) -> None:
        """Such a call is over."""
        self._open[peer] -= 1
        if not self._open[peer]:
            del self._open[peer]
        self._ended[peer] = asyncio.get_running_loop().time()

    def open(self, peer: Peer) -> bool:
        """Whether the connection has calls."""
        return peer in self._open

    def last_end(self, peer: Peer) -> float | None:
        """When its last call ended, on the loop's clock; None if it never had any."""
        return self._ended.get(peer)

    def keep(self, peers: Container[Peer]) -> None:
        """Forget all connections but these."""
        for peer in [peer for peer in self._ended if peer not in peers]:
            del self._ended[peer]


class OpenStream:
    """A stream that is open, silent until its first message."""

    def __init__(
        self, call: asyncio.Timeout, silent: Unheard, calls: CallCounts, peer: str
    ) -> None:
        self._call = call
        self._silent = silent
        self._calls = calls
        self._peer = peer
        self._heard = False

    def heard(self) -> None:
        """A message has come."""
        if not self._heard:
            self._heard = True
            self._silent.heard(self._call)
            self._calls.begin(self._peer)

    def end(self) -> None:
        """It is over."""
        if self._heard:
            self._calls.end(self._peer)
