"""Makes room on the gRPC port, where gRPC itself would turn away whoever comes last.

gRPC accepts and owns its connections, and shows them to nobody. They are found among the
descriptors of this process by the port they belong to; one that is to go is shut down, which gRPC
sees as the client's leaving. Where descriptors cannot be listed, as on Windows, gRPC's own limit
holds alone.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from backend.server.connections import ConnectionTable, Use, Worth, client_key
from backend.server.grpc.calls import CallCounts, Peer
from backend.server.settings import Limits

_DESCRIPTORS = Path("/proc/self/fd" if sys.platform.startswith("linux") else "/dev/fd")
_CALM_S, _BUSY_S = 0.25, 0.02
"""How often connections are counted, and how often while they are more than half of the limit."""

_Key: TypeAlias = tuple[int, int]
"""A descriptor and what it stands for: the number alone is soon another's."""


def can_make_room() -> bool:
    """Whether this system lists the descriptors of a process."""
    return sys.platform != "win32" and _DESCRIPTORS.is_dir()


class GrpcConnection:
    """A connection that gRPC holds."""

    def __init__(self, descriptor: int, peer: Peer, host: str, calls: CallCounts) -> None:
        self.address = client_key(host)
        self.peer = peer
        self._descriptor = descriptor
        self._calls = calls
        self._seen = asyncio.get_running_loop().time()

    def worth(self, now: float) -> Worth | None:
        """Those that never had a call go first, the oldest of them before the others."""
        if self._calls.open(self.peer):
            return None
        ended = self._calls.last_end(self.peer)
        if ended is None:
            return Worth(Use.UNFINISHED, -(now - self._seen))
        return Worth(Use.IDLE, -(now - ended))

    def give_up(self) -> None:
        """Shut it down."""
        # A descriptor of our own cannot become another's before it is used.
        with suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as own:
            if _peer_of(own)[0] == self.peer:
                own.shutdown(socket.SHUT_RDWR)


class GrpcConnections:
    """Counts the connections to one port and keeps them within the limits."""

    def __init__(self, limits: Limits, calls: CallCounts) -> None:
        self._calls = calls
        self._table = ConnectionTable(limits.connections, limits.connections_per_address)
        self._many = limits.connections // 2
        self._known: dict[_Key, GrpcConnection | None] = {}

    async def watch(self, port: int) -> None:
        """Keep looking until cancelled."""
        while True:
            await asyncio.sleep(_BUSY_S if len(self._table) > self._many else _CALM_S)
            self.look(port)

    def look(self, port: int) -> None:
        """Find what has come and gone, and give up what is too much."""
        found: dict[_Key, GrpcConnection | None] = {}
        for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - names are all that is wanted
            with suppress(OSError):  # closed meanwhile
                status = os.fstat(int(name))
                if stat.S_ISSOCK(status.st_mode):
                    key = int(name), status.st_ino
                    found[key] = self._known[key] if key in self._known else self._new(key, port)
        for key in self._known.keys() - found.keys():
            gone = self._known[key]
            if gone is not None:
                self._table.discard(gone)
        self._known = found
        self._calls.keep({one.peer for one in found.values() if one is not None})
        self._table.enforce(asyncio.get_running_loop().time())

    def _new(self, key: _Key, port: int) -> GrpcConnection | None:
        shown = socket.socket(fileno=key[0])
        try:
            if shown.family not in (socket.AF_INET, socket.AF_INET6):
                return None
            if shown.getsockname()[1] != port:
                return None
            peer, host = _peer_of(shown)
        except OSError:
            return None  # a listening socket
        finally:
            shown.detach()
        connection = GrpcConnection(key[0], peer, host, self._calls)
        self._table.add(connection)
        return connection


def _peer_of(connection: socket.socket) -> tuple[Peer, str]:
    """The peer as gRPC writes it, without the kind of address, and its host alone."""
    host, port = connection.getpeername()[:2]
    host = host.removeprefix("::ffff:")
    return (f"%5B{host}%5D:{port}" if ":" in host else f"{host}:{port}"), host
