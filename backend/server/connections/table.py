"""The connections of one port: how many there may be, and which one makes room for another."""

from __future__ import annotations

import heapq
import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple, Protocol

_AT_ONCE = 32
"""Up to a 32nd of the limit is given up at once, so that a flood does not cost a look at all the
connections for each one that comes."""


class Use(IntEnum):
    """What a connection is doing that may be given up; the first is given up first."""

    UNFINISHED = 0
    IDLE = 1


class Worth(NamedTuple):
    """How little is lost with a connection: the smallest goes first.

    `value` is bytes per second of an unfinished one, minus the seconds that an idle one has idled.
    """

    use: Use
    value: float


class Held(Protocol):
    """A connection in the table."""

    @property
    def address(self) -> str:
        """Whose it is, as `client_key` says it."""
        ...

    def worth(self, now: float) -> Worth | None:
        """None for a connection with a request that is being answered: it is never given up."""
        ...

    def give_up(self) -> None:
        """Close it at once."""
        ...


class ConnectionTable:
    """At most `limit` connections, and `per_address` of one client address."""

    def __init__(self, limit: int, per_address: int) -> None:
        self._limit = limit
        self._per_address = min(limit, per_address)
        self._held: dict[Held, str] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Held]:
        return iter(tuple(self._held))

    def add(self, connection: Held) -> None:
        """Count a connection, whether or not there is room."""
        self._held[connection] = connection.address
        self._counts[connection.address] += 1

    def discard(self, connection: Held) -> None:
        """Forget a connection, if it is known."""
        address = self._held.pop(connection, None)
        if address is None:
            return
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]

    def make_room(self, address: str, now: float) -> bool:
        """Give connections up until one more of this address fits; False if all are in use."""
        if self._counts[address] >= self._per_address:
            own = [held for held in self._held if held.address == address]
            if not self._give_up(own, now, 1 + self._per_address // _AT_ONCE):
                return False
        if len(self._held) < self._limit:
            return True
        return self._give_up(self._held, now, 1 + self._limit // _AT_ONCE)

    def give_up_any(self, now: float) -> bool:
        """Give up those that are worth least; False if all are in use."""
        return self._give_up(self._held, now, 1 + self._limit // _AT_ONCE)

    def enforce(self, now: float) -> None:
        """Give up those above the limits, as far as they are not in use."""
        for address, count in tuple(self._counts.items()):
            if count > self._per_address:
                own = [held for held in self._held if held.address == address]
                self._give_up(own, now, count - self._per_address, idle=True)
        above = len(self._held) - self._limit
        if above > 0:
            self._give_up(self._held, now, above, idle=True)

    def _give_up(
        self, candidates: Iterable[Held], now: float, most: int, *, idle: bool = False
    ) -> bool:
        """Give up at most so many; of idle ones, which may be used again, one unless `idle`."""
        rated = [(worth, held) for held in candidates if (worth := held.worth(now)) is not None]
        chosen = heapq.nsmallest(most, rated, key=lambda pair: pair[0])
        if not idle:
            chosen = [pair for pair in chosen if pair[0].use is Use.UNFINISHED] or chosen[:1]
        for _, held in chosen:
            self.discard(held)
            held.give_up()
        return bool(chosen)


def client_key(host: str) -> str:
    """What counts as one client: an IPv4 address, or a network of 64 bits, which one holder of
    IPv6 addresses has at least."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_loopback:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
