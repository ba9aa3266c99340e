"""One instrumented HTTP connection: its opening is followed step by step, no wait of it outlasts
the deadline of its call, and it can be cut from any thread.

The timeouts of sockets, and so of requests, are for each wait: a peer that sends a byte now and
then would never let a call end. Here every wait of one call shares one deadline.
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
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from backend.clients.connections.rest.compat import OwnSocket
from backend.core.traffic import Transfer

_LEAST_S = 0.001
_POLL_S = 0.1
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", -1))
_REFUSED = (errno.ECONNREFUSED, getattr(errno, "WSAECONNREFUSED", -1))


class OpenSockets:
    """Sockets that `cut` ends from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.closed = False

    def add(self, sock: socket.socket) -> None:
        """Note a socket; raises OSError after `cut`."""
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


def _ignore(_step: str) -> None:
    """For who does not follow the steps."""


class CallMonitor:
    """What the connections of one thread mind while they carry a call.

    `end` is the call's deadline in monotonic seconds. `on_step` is called with "resolve",
    "connect" and "TLS" as each is over. `transfer` counts every byte, and knows when it went.
    """

    def __init__(
        self, sockets: OpenSockets, on_step: Callable[[str], object] = _ignore, end: float = 0.0
    ) -> None:
        self.sockets = sockets
        self.on_step = on_step
        self.end = end
        self.transfer = Transfer()

    def left_s(self) -> float:
        """Seconds left; raises TimeoutError if there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return max(_LEAST_S, left)


class HttpConnection(OwnSocket):
    """A plaintext connection; its arguments beside the first are urllib3's."""

    def __init__(self, monitor: CallMonitor, host: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(host, *args, **kwargs)
        self.monitor = monitor
        self._resolved_host = host  # urllib3 takes a last dot away, with which it is looked up
        self.response_class = partial(_TimedResponse, monitor)  # type: ignore[assignment]

    def open_socket(self) -> socket.socket:
        """Resolve and connect, before the deadline and within `timeout` seconds."""
        return _connected(self, self._resolved_host, self.monitor)

    def send(self, data: Any) -> None:
        """As http.client has it, before the deadline; connects first if need be."""
        if self.sock is None:
            self.connect()
        # http.client would send all at once, and not say how much of it went before an error.
        with memoryview(data) as whole, whole.cast("B") as left:
            at = 0
            while at < len(left):
                self.sock.settimeout(self.monitor.left_s())
                sent = self.sock.send(left[at:])
                self.monitor.transfer.wire_sent(sent)
                at += sent

    def send_exactly(
        self,
        verb: str,
        path: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | bytearray | memoryview,
    ) -> None:
        """A request with these headers and no others, letters beyond Latin-1 as question marks."""
        self.putrequest(verb, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            put = http.client.HTTPConnection.putheader  # urllib3's leaves out what it knows better
            put(self, name, value.encode("latin-1", "replace"))
        self.endheaders(body or None)

    def wait_for_reply(self) -> http.client.HTTPResponse:
        """The reply with its head read, as it came, without what urllib3 makes of it."""
        return http.client.HTTPConnection.getresponse(self)


class HttpsConnection(HttpConnection, HTTPSConnection):
    """A connection in TLS."""

    def connect(self) -> None:
        """Connect and shake hands."""
        super().connect()
        self.monitor.sockets.add(self.sock)
        self.monitor.on_step("TLS")


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, monitor: CallMonitor, sock: socket.socket, *args: Any, **kwargs: Any):
        super().__init__(sock, *args, **kwargs)
        plain = self.fp
        self.fp = io.BufferedReader(_TimedReader(sock, monitor), 65_536)
        plain.close()


class _TimedReader(io.RawIOBase):
    """A socket's bytes, each wait for them limited by what is left of the call."""

    def __init__(self, sock: socket.socket, monitor: CallMonitor) -> None:
        self._sock = sock
        self._monitor = monitor
        self._raw = sock.makefile("rb", 0)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:
        self._sock.settimeout(self._monitor.left_s())
        size = self._raw.readinto(into)
        if not size and self._monitor.sockets.closed:
            # Ended by us, it must not look as if the server had ended its reply.
            raise ConnectionAbortedError("closed while reading")
        if size:
            self._monitor.transfer.wire_received(size)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


def _connected(connection: HttpConnection, host: str, monitor: CallMonitor) -> socket.socket:
    """Connect in short waits, so that `cut` is noticed also before there is a connection."""
    end = min(monitor.end, time.monotonic() + float(connection.timeout or 3600.0))
    failure: OSError = OSError("the host has no address")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NewConnectionError(connection, f"Failed to resolve '{host}': {error}") from error
    monitor.on_step("resolve")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _connect(sock, address, monitor.sockets, end)
            sock.settimeout(max(_LEAST_S, end - time.monotonic()))
            monitor.sockets.add(sock)
        except OSError as error:
            sock.close()
            failure = error
        else:
            monitor.on_step("connect")
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection in time") from failure
    raise NewConnectionError(connection, str(failure)) from failure


def _connect(sock: socket.socket, address: Any, sockets: OpenSockets, end: float) -> None:
    sock.settimeout(0)
    code = sock.connect_ex(address)
    if code in _UNDER_WAY:
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_WRITE)
            while not selector.select(_POLL_S):
                if sockets.closed:
                    raise OSError("closed while connecting")
                if time.monotonic() >= end:
                    raise TimeoutError("no connection in time")
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code in _REFUSED:
        raise ConnectionRefusedError(code, "refused")
    if code:
        raise OSError(code, errno.errorcode.get(code, ""))
