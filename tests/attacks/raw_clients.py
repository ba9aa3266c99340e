"""Sockets that say what they please to a server, and the server they say it to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from typing import Any

from backend.models.catalogue import bundled_registry
from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions

WAIT_S = 60.0
"""Only so that a test that fails ends; nothing that is tested takes this long."""

_AT_ONCE = 16
Address = tuple[str, int]


@contextmanager
def serving(registry: ModelRegistry | None = None, **options: Any) -> Iterator[EmbeddedServer]:
    """A server with the bundled models, or those given."""
    server = EmbeddedServer(registry or bundled_registry(), ServerOptions(**options))
    server.start()
    try:
        yield server
    finally:
        assert server.stop(10.0)


def rest_address(server: EmbeddedServer) -> Address:
    """Where REST listens."""
    host, _, port = server.rest_url.rpartition("/")[2].rpartition(":")
    return host, int(port)


def grpc_address(server: EmbeddedServer) -> Address:
    """Where gRPC listens."""
    host, _, port = server.grpc_address.rpartition(":")
    return host, int(port)


def connected(address: Address, said: bytes = b"") -> socket.socket:
    """A connection on which something was said."""
    connection = socket.create_connection(address, WAIT_S)
    if said:
        connection.sendall(said)
    return connection


def heard(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection; a reset ends it as well."""
    received = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(1 << 16):
            received += piece
    return bytes(received)


def answer_to(address: Address, said: bytes) -> bytes:
    """What is answered until the server closes the connection, or has nothing more to say."""
    with connected(address) as connection:
        with suppress(OSError):  # it may be closed before everything is said
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
        return heard(connection)


class Crowd:
    """Many connections that are kept open: those that the server closes are opened again, some at a
    time, so that an ordinary client of this process has its turn on a busy machine as well.

    `say` gives what the connection with this number says at first.
    """

    def __init__(self, address: Address, size: int, say: Callable[[int], bytes]) -> None:
        self._address = address
        self._say = say
        self._held: list[socket.socket] = []
        self._size = size
        self._leaving = threading.Event()
        self._complete = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="crowd")

    def __enter__(self) -> Crowd:
        self._thread.start()
        assert self._complete.wait(WAIT_S), "the crowd was not let in"
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()
        for connection in self._held:
            connection.close()

    def _hold(self) -> None:
        for number in range(self._size):
            self._held.append(self._open(number))
        self._complete.set()
        while not self._leaving.wait(0.1):
            closed = (number for number, one in enumerate(self._held) if _is_closed(one))
            for number in list(islice(closed, _AT_ONCE)):
                self._held[number].close()
                self._held[number] = self._open(number)

    def _open(self, number: int) -> socket.socket:
        connection = socket.create_connection(self._address, WAIT_S)
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        with suppress(OSError):
            connection.send(self._say(number))
        return connection


def _is_closed(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1 << 16)
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextmanager
def flooding(flood: Callable[[threading.Event], None], threads: int = 1) -> Iterator[None]:
    """Run an attack beside whatever the block does, until its event is set."""
    leaving = threading.Event()
    with ExitStack() as stack:
        for _ in range(threads):
            thread = threading.Thread(target=flood, args=(leaving,))
            thread.start()
            stack.callback(thread.join)
        stack.callback(leaving.set)
        yield
