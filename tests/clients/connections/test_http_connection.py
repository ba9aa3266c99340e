"""One instrumented HTTP connection: exact bytes, steps, deadline and being cut."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.clients.connections.rest.http_connection import (
    CallMonitor,
    HttpConnection,
    OpenSockets,
)

_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def _listening() -> Iterator[tuple[HttpConnection, socket.socket, list[str]]]:
    """A connection to a socket that accepts; the steps are those that it has told."""
    steps: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monitor = CallMonitor(OpenSockets(), steps.append, time.monotonic() + 30)
        port = listener.getsockname()[1]
        connection = HttpConnection(monitor, "127.0.0.1", port, timeout=30)
        try:
            yield connection, listener, steps
        finally:
            connection.close()


def _received(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := peer.recv(65_536)):
        data += piece
    return data


def test_a_request_goes_out_to_the_byte_and_its_reply_comes_as_it_is() -> None:
    headers = [("x-b", "2"), ("Host", "h"), ("X-A", "1"), ("x-b", "\u00e9"), ("X-Skip", "\u20ac")]
    wanted = (
        b"POST /a%20b?c HTTP/1.1\r\nx-b: 2\r\nHost: h\r\nX-A: 1\r\nx-b: \xe9\r\nX-Skip: ?\r\n\r\n"
        b"body"
    )
    with _listening() as (connection, listener, steps):
        connection.connect()
        assert steps == ["resolve", "connect"]
        connection.send_exactly("POST", "/a%20b?c", headers, b"body")
        peer, _ = listener.accept()
        with peer:
            assert _received(peer, len(wanted)) == wanted
            peer.sendall(_REPLY)
            reply = connection.wait_for_reply()
            assert (reply.status, reply.read(100)) == (200, b"ok")
        reply.close()


def test_no_wait_outlasts_the_deadline() -> None:
    with _listening() as (connection, listener, _):
        connection.connect()
        peer, _ = listener.accept()
        with peer:
            connection.monitor.end = time.monotonic() + 0.2
            connection.send_exactly("GET", "/", (), b"")
            with pytest.raises(TimeoutError):
                connection.wait_for_reply()
            with pytest.raises(TimeoutError):
                connection.send(b"x")


def test_a_reply_that_ends_because_it_is_cut_is_no_reply() -> None:
    """Without a length, the end of the connection is the end of the body."""
    with _listening() as (connection, listener, _):
        connection.connect()
        peer, _ = listener.accept()
        with peer:
            connection.send_exactly("GET", "/", (), b"")
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
            reply = connection.wait_for_reply()
            cutting = threading.Timer(0.1, connection.monitor.sockets.cut)
            cutting.start()
            with pytest.raises(ConnectionError):
                reply.read(100)
            cutting.join()
            reply.close()
        with socket.socket() as late, pytest.raises(OSError, match="closed"):
            connection.monitor.sockets.add(late)
