"""A plaintext entrance to a server that is spoken to in TLS without regard to dates.

gRPC in Python checks a certificate's dates whatever else it trusts; Python's ssl can be told not
to. The entrance is a Unix socket in a folder that nobody but this user may enter, it is there for
one channel and goes with it. It verifies nothing, so it is for targets with verification off only.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import shutil
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from backend.clients.security import HTTP2, context_of
from backend.core.target import Tls
from backend.core.worker import Worker

_PIECE = 256 * 1024
_ROOM = 1024 * 1024
"""Bytes of each direction that are held while the other side does not take them."""
_LAST_BYTES_S = 1.0


class TlsRelay:
    """Carries the bytes of one connection at a time; a gRPC channel has no more.

    Raises UsageError for a client certificate that cannot be used, OSError if there can be no
    socket.
    """

    def __init__(self, host: str, port: int, tls: Tls, *, connect_timeout_s: float) -> None:
        if not hasattr(socket, "AF_UNIX"):  # Windows
            raise OSError(errno.EAFNOSUPPORT, "no Unix sockets for a certificate out of its time")
        self._upstream = (host, port)
        self._name = tls.server_name or host
        self._context = context_of(replace(tls, verify=False), (HTTP2,))
        self._connect_timeout_s = connect_timeout_s
        self._folder = Path(tempfile.mkdtemp(prefix="inferdeck-"))
        entrance = self._folder / "grpc"
        self.address = f"unix:{entrance}"
        self._woken, self._waker = socket.socketpair()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(entrance))
            self._listener.listen(1)
        except OSError:
            self._release()
            raise
        self._worker = Worker("tls-relay", self._run).start()

    def close(self) -> None:
        """End the connection and take the entrance away, without waiting."""
        self._worker.request_stop()
        with contextlib.suppress(OSError):
            self._waker.send(b"x")

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; True if it has come."""
        return self._worker.join(timeout_s)

    def _run(self, stop: threading.Event) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                selector.register(self._listener, selectors.EVENT_READ)
                while not stop.is_set():
                    ready = [key.fileobj for key, _ in selector.select()]
                    if self._listener in ready and not stop.is_set():
                        self._serve(stop)
        finally:
            self._release()

    def _serve(self, stop: threading.Event) -> None:
        near, _ = self._listener.accept()
        # A connection that is lost looks to gRPC as if the server had closed it: it tries again.
        with near, contextlib.suppress(OSError), self._connected() as far:
            near.settimeout(0)
            far.settimeout(0)
            _Carrier(near, far).carry(self._woken, stop)

    def _connected(self) -> ssl.SSLSocket:
        plain = socket.create_connection(self._upstream, timeout=self._connect_timeout_s)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._context.wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise

    def _release(self) -> None:
        for one in (self._listener, self._woken, self._waker):
            one.close()
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(slots=True, eq=False)
class _Carrier:
    """The bytes between the two sides of one connection, none of which blocks."""

    near: socket.socket
    far: ssl.SSLSocket
    outgoing: bytearray = field(default_factory=bytearray)
    incoming: bytearray = field(default_factory=bytearray)

    def carry(self, woken: socket.socket, stop: threading.Event) -> None:
        """Until either side ends, or `stop` is set and `woken` has something to read."""
        with selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            while not stop.is_set():
                _watch(selector, self.near, read=self._may_send, write=bool(self.incoming))
                _watch(selector, self.far, read=self._may_receive, write=bool(self.outgoing))
                ready = {key.fileobj: events for key, events in selector.select()}
                if not self._turn(ready.get(self.near, 0), ready.get(self.far, 0)):
                    break
        self._flush()

    @property
    def _may_send(self) -> bool:
        return len(self.outgoing) < _ROOM

    @property
    def _may_receive(self) -> bool:
        return len(self.incoming) < _ROOM

    def _turn(self, near: int, far: int) -> bool:
        """Move what can be moved; False if a side has ended."""
        if near & selectors.EVENT_READ:
            piece = self.near.recv(_PIECE)
            if not piece:
                return False
            self.outgoing += piece
        if self.outgoing:
            _send(self.far, self.outgoing)
        # What TLS has read already shows on no selector: all of it is taken here.
        if (far & selectors.EVENT_READ or self.far.pending()) and not self._receive():
            return False
        if self.incoming:
            _send(self.near, self.incoming)
        return True

    def _receive(self) -> bool:
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._may_receive or self.far.pending():
                piece = self.far.recv(_PIECE)
                if not piece:
                    return False
                self.incoming += piece
        return True

    def _flush(self) -> None:
        """What the server sent before it ended: it may say why."""
        if self.incoming:
            self.near.settimeout(_LAST_BYTES_S)
            self.near.sendall(self.incoming)


def _send(side: socket.socket, held: bytearray) -> None:
    with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        while held:
            with memoryview(held)[:_PIECE] as piece:
                sent = side.send(piece)
            del held[:sent]


def _watch(
    selector: selectors.BaseSelector, side: socket.socket, *, read: bool, write: bool
) -> None:
    events = read * selectors.EVENT_READ | write * selectors.EVENT_WRITE
    known = selector.get_map().get(side)
    if known is None:
        if events:
            selector.register(side, events)
    elif not events:
        selector.unregister(side)
    elif events != known.events:
        selector.modify(side, events)
