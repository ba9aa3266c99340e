"""The REST connections of one target, kept between calls."""

from __future__ import annotations

import ssl
import threading

from backend.core.errors import StreamBroken, UsageError
from backend.core.target import Target
from backend.inspector.exchange import Headers
from backend.inspector.rest_connection import RestAddress, RestConnection

_MAX_IDLE = 4


class RestDoor:
    """Lends connections, warm ones first; safe to use from several threads."""

    def __init__(self, target: Target) -> None:
        if not target.rest:
            raise UsageError(
                f"Target '{target.name}' has no REST address.",
                hint="Give it one, or call a gRPC method.",
            )
        self.address = RestAddress.of(target.rest)
        self.headers: Headers = ()
        self._context = _context(self.address)
        self._server_name = ""
        self._lock = threading.Lock()
        self._idle: list[RestConnection] = []
        self._lent: set[RestConnection] = set()
        self._closed = False

    def take(self) -> RestConnection:
        """A connection for one call: the one used last if it is still open."""
        while (idle := self._pop()) is not None:
            if idle.warm:
                return self._lend(idle)
            idle.close()
        return self._lend(RestConnection(self.address, self._context, self._server_name))

    def give_back(self, connection: RestConnection) -> None:
        """The call is over; the connection is kept for the next one if it can be."""
        with self._lock:
            self._lent.discard(connection)
            keep = not self._closed and not connection.closed and len(self._idle) < _MAX_IDLE
            if keep and connection.http.sock is not None:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """End every call under way and let go of the rest; may be called twice."""
        with self._lock:
            self._closed = True
            lent, idle = list(self._lent), self._idle
            self._idle = []
        for connection in lent:
            connection.abort()
        for connection in idle:
            connection.close()

    def _pop(self) -> RestConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _lend(self, connection: RestConnection) -> RestConnection:
        with self._lock:
            if not self._closed:
                self._lent.add(connection)
                return connection
        connection.close()
        raise StreamBroken("The connection was closed.")


def _context(address: RestAddress) -> ssl.SSLContext | None:
    return ssl.create_default_context() if address.secure else None
