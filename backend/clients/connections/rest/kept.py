"""Connections for calls by hand, kept between calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from backend.clients.addresses import ServerAddress
from backend.clients.connections.rest.http_connection import (
    CallMonitor,
    HttpConnection,
    HttpsConnection,
    OpenSockets,
)
from backend.clients.faults import words as faults

_MAX_IDLE = 4


class KeptConnections:
    """Lends connections to one address, open ones first; safe to use from several threads.

    `tls` are arguments of urllib3's connections in TLS.
    """

    def __init__(self, connect_timeout_s: float, tls: dict[str, Any]) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._tls = tls
        self._lock = threading.Lock()
        self._idle: list[HttpConnection] = []
        self._lent: set[HttpConnection] = set()
        self._closed = False

    def lend(
        self, address: ServerAddress, end: float, on_step: Callable[[str], object]
    ) -> HttpConnection:
        """A connection for one call that is over at `end` (monotonic seconds): the one used last if
        it is still open, or else one that is to be opened by `connect`."""
        while (idle := self._pop()) is not None:
            if idle.is_connected:
                break
            idle.close()
        connection = idle or self._make(address)
        connection.monitor.end, connection.monitor.on_step = end, on_step
        with self._lock:
            if not self._closed:
                self._lent.add(connection)
                return connection
        connection.close()
        raise faults.closed()

    def give_back(self, connection: HttpConnection) -> None:
        """The call is over; the connection is kept for the next one if it can be."""
        with self._lock:
            self._lent.discard(connection)
            usable = not connection.is_closed and not connection.monitor.sockets.closed
            if usable and not self._closed and len(self._idle) < _MAX_IDLE:
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
            connection.monitor.sockets.cut()
        for connection in idle:
            connection.close()

    def _pop(self) -> HttpConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _make(self, address: ServerAddress) -> HttpConnection:
        monitor, timeout_s = CallMonitor(OpenSockets()), self._connect_timeout_s
        if address.tls is None:
            return HttpConnection(monitor, address.host, address.port, timeout=timeout_s)
        return HttpsConnection(monitor, address.host, address.port, timeout=timeout_s, **self._tls)
