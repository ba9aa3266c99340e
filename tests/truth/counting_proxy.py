"""A TCP proxy that counts every byte, can hold them up, and can be cut: an independent witness."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

_PIECE = 256 * 1024


class CountingProxy:
    """Stands before one address; `up` counts bytes to it, `down` bytes from it.

    `delay_s` gives the delay of a connection's bytes, each way, by its number from 0.
    """

    def __init__(self, upstream: str, delay_s: Callable[[int], float] = lambda _: 0.0) -> None:
        parts = urlsplit(upstream if "//" in upstream else f"//{upstream}")
        self._upstream = (parts.hostname or "", parts.port or 0)
        self._delay_s = delay_s
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._ended: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._number = 0
        self.refusing = False
        self.up = self.down = 0
        self._start(self._accept)

    @property
    def address(self) -> str:
        """host:port."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    @property
    def url(self) -> str:
        """The same for REST."""
        return f"http://{self.address}"

    def cut(self) -> None:
        """End every connection there is."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
            self._ended += sockets
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> CountingProxy:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for sock in self._ended:
            sock.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="counting-proxy", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                near.close()
                continue
            far = socket.create_connection(self._upstream)
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            delay_s = self._delay_s(self._number)
            self._number += 1
            with self._lock:
                self._sockets += [near, far]
            for one, other, name in ((near, far, "up"), (far, near, "down")):
                pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                self._start(self._read, one, pieces, delay_s)
                self._start(self._write, other, pieces, name)

    def _read(
        self, sock: socket.socket, pieces: queue.SimpleQueue[tuple[float, bytes]], delay_s: float
    ) -> None:
        piece = b"x"
        while piece:
            try:
                piece = sock.recv(_PIECE)
            except OSError:
                piece = b""
            pieces.put((time.monotonic() + delay_s, piece))

    def _write(
        self, sock: socket.socket, pieces: queue.SimpleQueue[tuple[float, bytes]], name: str
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, piece = pieces.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not piece:
                    break
                with self._lock:
                    setattr(self, name, getattr(self, name) + len(piece))
                sock.sendall(piece)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
