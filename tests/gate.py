"""A road to a server that can be closed, cut, or made to swallow everything without a word."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_PIECE = 65_536


class Gate:
    """Forwards TCP connections to host:port. While `frozen` it accepts, and nothing passes."""

    def __init__(self, address: str = "") -> None:
        host, _, port = address.rpartition(":")
        self._upstream = (host, int(port)) if address else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = threading.Event()
        self._open.set()
        self._ended = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.accepted = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def freeze(self) -> None:
        self._open.clear()

    def thaw(self) -> None:
        """Connections from before are cut, new ones pass."""
        self.cut()
        self._open.set()

    def cut(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for sock in sockets:
            _end(sock)

    def __enter__(self) -> Gate:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._open.set()
        _end(self._listener)
        self.cut()
        for thread in list(self._threads):
            thread.join(30)

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            with self._lock:
                self._sockets.append(near)
            if self._upstream is None or not self._open.is_set():
                continue
            try:
                far = socket.create_connection(self._upstream, timeout=30)
            except OSError:
                _end(near)
                continue
            far.settimeout(None)
            with self._lock:
                self._sockets.append(far)
            self._spawn(self._pass, near, far)
            self._spawn(self._pass, far, near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(_PIECE):
                self._open.wait()
                sink.sendall(piece)
        except OSError:
            pass
        _end(source)
        _end(sink)

    def _spawn(self, body: object, *arguments: object) -> None:
        thread = threading.Thread(target=body, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


def _end(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
