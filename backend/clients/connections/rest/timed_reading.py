"""HTTP connections on which no wait outlasts the call's deadline, and which can be cut short.

The timeouts of requests are for each wait: a peer that sends a byte now and then would never let
a call end. Here every wait of one call shares one deadline.
"""

from __future__ import annotations

import errno
import http.client
import io
import selectors
import socket
import threading
import time
import weakref
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

_LEAST_S = 0.001
_LOOK_S = 0.1
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", -1))


class CallClock:
    """When the call that a thread is making must be over."""

    def __init__(self) -> None:
        self.end = 0.0

    def left_s(self) -> float:
        """Seconds left; raises TimeoutError if there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return max(_LEAST_S, left)


class OpenSockets:
    """The sockets of one channel, which `cut` ends from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.closed = False

    def add(self, sock: socket.socket) -> None:
        """Note a socket; raises OSError if the channel was closed meanwhile."""
        with self._lock:
            if self.closed:
                raise OSError("closed while connecting")
            self._sockets.add(sock)

    def cut(self) -> None:
        """Make whatever waits on them fail at once, now and later."""
        with self._lock:
            self.closed = True
            sockets = list(self._sockets)
        for sock in sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was not connected any more


class TimedAdapter(HTTPAdapter):
    """Opens such connections, for the one thread that uses them; `tls` are arguments of urllib3's
    pool for https."""

    def __init__(self, sockets: OpenSockets, clock: CallClock, tls: dict[str, Any]) -> None:
        self._pools = _timed_pools(sockets, clock)
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called once, by requests."""
        super().init_poolmanager(*args, **{**kwargs, **self._tls})
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Called by requests where the environment names a proxy."""
        manager = super().proxy_manager_for(proxy, **{**kwargs, **self._tls})
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Where to, without what requests makes of `verify`: the context says that."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """The context has the authorities and the certificate already."""


def _timed_replies(clock: CallClock) -> type[http.client.HTTPResponse]:
    class Reply(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            plain = self.fp
            self.fp = io.BufferedReader(_TimedReader(sock, clock), 65_536)
            plain.close()

    return Reply


def _timed_pools(sockets: OpenSockets, clock: CallClock) -> dict[str, type]:
    reply = _timed_replies(clock)

    class Plain(HTTPConnection):
        response_class = reply

        def _new_conn(self) -> socket.socket:
            return _connect(self, sockets, clock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.sock is None:
                self.connect()
            self.timeout = clock.left_s()
            super().request(*args, **kwargs)

    class Secure(HTTPSConnection):
        response_class = reply

        def _new_conn(self) -> socket.socket:
            return _connect(self, sockets, clock)

        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.sock is None:
                self.connect()
            self.timeout = clock.left_s()
            super().request(*args, **kwargs)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

        def _validate_conn(self, conn: Any) -> None:
            # Without urllib3's warning: verification is off because the user turned it off.
            if conn.is_closed:
                conn.connect()

    return {"http": PlainPool, "https": SecurePool}


class _TimedReader(io.RawIOBase):
    """A socket's bytes, each wait for them limited by what is left of the call."""

    def __init__(self, sock: socket.socket, clock: CallClock) -> None:
        self._sock = sock
        self._clock = clock
        self._raw = sock.makefile("rb", 0)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:
        self._sock.settimeout(self._clock.left_s())
        return self._raw.readinto(into)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _connect(connection: Any, sockets: OpenSockets, clock: CallClock) -> socket.socket:
    """Connect in short waits, so that `cut` is noticed also before there is a connection."""
    host = connection._dns_host  # noqa: SLF001 - the host without a trailing dot's removal
    end = min(clock.end, time.monotonic() + float(connection.timeout or 3600.0))
    failure: OSError = OSError("the host has no address")
    try:
        places = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NewConnectionError(connection, f"Failed to resolve '{host}': {error}") from error
    for family, kind, protocol, _, place in places:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _connect_one(sock, place, sockets, end)
            sock.settimeout(max(_LEAST_S, end - time.monotonic()))
            sockets.add(sock)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection in time") from failure
    raise NewConnectionError(connection, str(failure)) from failure


def _connect_one(sock: socket.socket, place: Any, sockets: OpenSockets, end: float) -> None:
    sock.settimeout(0)
    code = sock.connect_ex(place)
    if code in _UNDER_WAY:
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_WRITE)
            while not selector.select(_LOOK_S):
                if sockets.closed:
                    raise OSError("closed while connecting")
                if time.monotonic() >= end:
                    raise TimeoutError("no connection in time")
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise (
            ConnectionRefusedError(code, "refused")
            if code in _REFUSED
            else OSError(code, errno.errorcode.get(code, ""))
        )


_REFUSED = (errno.ECONNREFUSED, getattr(errno, "WSAECONNREFUSED", -1))
