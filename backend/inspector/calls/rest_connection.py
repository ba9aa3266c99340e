"""One HTTP/1.1 connection whose opening can be watched step by step."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from backend.clients.faults import words as faults
from backend.core.errors import DeadlineExceeded, StreamBroken
from backend.inspector.calls.stopwatch import Stopwatch

_PORTS = {"http": 80, "https": 443}
_PREFIX = re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class RestAddress:
    """Where a base address leads: what to resolve, and what stands before every path."""

    base: str
    secure: bool
    host: str
    port: int
    prefix: str

    @classmethod
    def of(cls, base_url: str) -> RestAddress:
        """Raises TargetError for what is no http or https URL."""
        try:
            parts = urlsplit(base_url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in _PORTS or not parts.hostname or not _PREFIX.fullmatch(parts.path):
            raise faults.bad_address(base_url, "http://HOST:PORT")
        return cls(
            base_url.rstrip("/"),
            parts.scheme == "https",
            parts.hostname,
            port or _PORTS[parts.scheme],
            parts.path.rstrip("/"),
        )

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["https" if self.secure else "http"]
        return host if self.port == usual else f"{host}:{self.port}"


class RestConnection:
    """A connection that is opened when first used, and told to end from any thread."""

    def __init__(
        self,
        address: RestAddress,
        context: ssl.SSLContext | None,
        server_name: str,
        connect_timeout_s: float,
    ) -> None:
        self._address = address
        self._connect_timeout_s = connect_timeout_s
        self._context = context
        self._server_name = server_name or address.host
        self._lock = threading.Lock()
        self._closed = False
        self._socket: socket.socket | None = None
        self.http = http.client.HTTPConnection(address.host, address.port)
        self.http.auto_open = 0

    @property
    def warm(self) -> bool:
        """Whether it is open and the server has not closed it meanwhile."""
        sock = self.http.sock
        if sock is None:
            return False
        sock.settimeout(0)
        try:
            # A server that keeps the connection sends nothing now: anything to read, even the
            # end, means that it is of no use any more.
            sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def open(self, watch: Stopwatch, until: float) -> None:
        """Resolve, connect and shake hands, each a part of its own; raises OSError."""
        self._drop()
        until = min(until, time.monotonic() + self._connect_timeout_s)
        found = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        watch.cut("resolve")
        sock = self._connected(found, until)
        watch.cut("connect")
        if self._context is not None:
            sock.settimeout(remaining(until))
            sock = self._context.wrap_socket(sock, server_hostname=self._server_name)
            self._hold(sock)
            watch.cut("TLS")
        self.http.sock = sock

    def limit(self, until: float) -> None:
        """Let the next wait of the socket end at the deadline; raises DeadlineExceeded after it."""
        if self._closed:
            raise StreamBroken("The connection was closed.")
        left = remaining(until)
        if self.http.sock is not None:
            self.http.sock.settimeout(left)

    def abort(self) -> None:
        """Make whatever waits on it fail at once."""
        with self._lock:
            self._closed = True
            sock = self._socket
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was not connected any more

    def close(self) -> None:
        """Let go of it; nobody may be using it."""
        self._closed = True
        self._drop()

    @property
    def closed(self) -> bool:
        """Whether it was aborted or closed."""
        return self._closed

    def _connected(self, found: Sequence[tuple[Any, ...]], until: float) -> socket.socket:
        failure: OSError = OSError("the host has no address")
        for family, kind, protocol, _, place in found:
            sock = socket.socket(family, kind, protocol)
            try:
                self._hold(sock)
                sock.settimeout(remaining(until))
                sock.connect(place)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def _hold(self, sock: socket.socket) -> None:
        with self._lock:
            self._socket = sock
            if self._closed:
                raise OSError("closed while connecting")

    def _drop(self) -> None:
        self.http.close()
        with self._lock:
            sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()


def remaining(until: float) -> float:
    """Seconds left; raises DeadlineExceeded if there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("The deadline has passed.")
    return left
