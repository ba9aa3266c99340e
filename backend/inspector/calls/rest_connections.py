"""The REST connections of one target, kept between calls."""

from __future__ import annotations

import threading

from backend.clients.faults.look import ProbedAddress, find_fault
from backend.clients.security import HTTP, context_of, headers_of
from backend.core.errors import ConsoleError, StreamBroken, UsageError
from backend.core.target import Target, Tls
from backend.inspector.calls.rest_connection import RestAddress, RestConnection

_MAX_IDLE = 4
_LOOK_S, _LEAST_LOOK_S = 2.0, 0.3


class RestConnections:
    """Lends connections, warm ones first; safe to use from several threads."""

    def __init__(self, target: Target) -> None:
        if not target.rest:
            raise UsageError(
                f"Target '{target.name}' has no REST address.",
                hint="Give it one, or call a gRPC method.",
            )
        self.address = RestAddress.of(target.rest)
        self.headers = headers_of(target.credentials)
        self.connect_timeout_s = target.connect_timeout_s
        self._tls = (target.tls or Tls()) if self.address.secure else None
        self._context = None if self._tls is None else context_of(self._tls, (HTTP,))
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
        return self._lend(self.fresh())

    def fresh(self) -> RestConnection:
        """A connection that is not open yet."""
        name = self._tls.server_name if self._tls is not None else ""
        return RestConnection(self.address, self._context, name, self.connect_timeout_s)

    def find_fault(self, left_s: float) -> ConsoleError | None:
        """What is wrong at the address, None if nothing is to be seen; takes about `left_s`."""
        address = self.address
        door = ProbedAddress(address.host, address.port, self._tls, grpc=False)
        return find_fault(door, max(_LEAST_LOOK_S, min(_LOOK_S, left_s)))

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
