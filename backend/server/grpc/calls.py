"""The calls on the gRPC port: which have sent no message yet, and which connections have any."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Any, TypeAlias

NO_MESSAGE = "The call's message did not come in time. Send it with the call."
MADE_ROOM = "The stream made room for another: it had sent no message. Open it again to send one."

Peer: TypeAlias = str
"""A client's address and port, as gRPC writes it."""
_Call: TypeAlias = "asyncio.Task[Any]"


class SilentCalls:
    """Calls whose first message has not come: at most so many, the oldest makes room.

    `limit_s` is how long each may wait, None for as long as there is room. Belongs to the event
    loop's thread. One timer serves all calls, as most of them wait for no time at all.
    """

    def __init__(self, most: int, limit_s: float | None) -> None:
        self._most = most
        self._limit_s = limit_s
        self._since: dict[_Call, float] = {}
        self._ended: set[_Call] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> _Call:
        """The call of the task that runs begins to wait."""
        call = asyncio.current_task()
        assert call is not None
        if len(self._since) >= self._most:
            self.end_oldest()
        self._since[call] = asyncio.get_running_loop().time()
        if self._timer is None and self._limit_s is not None:
            self._timer = call.get_loop().call_later(self._limit_s, self._end_overdue)
        return call

    def end_wait(self, call: _Call) -> None:
        """Its first message has come, or it is over: it waits no longer."""
        self._since.pop(call, None)

    def was_ended(self, call: _Call) -> bool:
        """Whether it was cancelled here; then it may go on, to say so."""
        if call not in self._ended:
            return False
        self._ended.discard(call)
        call.uncancel()
        return True

    def end_oldest(self) -> bool:
        """Cancel the call that has waited longest; False if there is none."""
        oldest = next(iter(self._since), None)
        if oldest is None:
            return False
        del self._since[oldest]
        self._ended.add(oldest)
        oldest.cancel()
        return True

    def _end_overdue(self) -> None:
        self._timer = None
        if self._limit_s is None:
            return
        loop = asyncio.get_running_loop()
        while self._since:
            due = next(iter(self._since.values())) + self._limit_s
            if due > loop.time():
                self._timer = loop.call_at(due, self._end_overdue)
                return
            self.end_oldest()


class CallCounts:
    """How many calls each connection has, and when its last one ended."""

    def __init__(self) -> None:
        self._open: dict[Peer, int] = {}
        self._ended: dict[Peer, float] = {}

    def begin(self, peer: Peer) -> None:
        """A call has sent a message."""
        self._open[peer] = self._open.get(peer, 0) + 1

    def end(self, peer: Peer) -> None:
        """Such a call is over."""
        left = self._open.pop(peer) - 1
        if left:
            self._open[peer] = left
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

    def __init__(self, silent: SilentCalls, calls: CallCounts, peer: Peer) -> None:
        self._call = silent.begin()
        self._silent = silent
        self._calls = calls
        self._peer = peer
        self._received = False

    def note_message(self) -> None:
        """A message has come."""
        if not self._received:
            self._received = True
            self._silent.end_wait(self._call)
            self._calls.begin(self._peer)

    def was_ended(self) -> bool:
        """Whether it was cancelled to make room."""
        return self._silent.was_ended(self._call)

    def end(self) -> None:
        """It is over."""
        self._silent.end_wait(self._call)
        if self._received:
            self._calls.end(self._peer)
