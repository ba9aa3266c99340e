"""Calls to a server on this machine, which go straight to the connection."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from backend.clients.codecs import RestCall
from backend.clients.connections.rest import RestConnection
from backend.core.errors import PayloadTooLarge, StreamBroken
from backend.core.target import Credentials, Target

_WAIT_S = 30.0


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echo)
        self.clients: list[Any] = []
        self.seen: list[dict[str, str]] = []


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        if self.client_address not in self.server.clients:
            self.server.clients.append(self.client_address)
        self.server.seen.append(dict(self.headers.items()))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/twice"):
            body *= 2
        self.send_response(200)
        for value in ("1", "2"):
            self.send_header("X-Twice", value)
        if self.path.startswith("/prefix/chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"".join([b"%x\r\n%s\r\n" % (len(body), body) if body else b"", b"0"]))
            self.wfile.write(b"\r\n\r\n")
            return
        short = 1 if self.path == "/prefix/short" else 0
        self.send_header("Content-Length", str(len(body) + short))
        if not self.path.startswith("/prefix/kept"):
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def _target(server: socketserver.TCPServer, **more: Any) -> Target:
    return Target("t", rest=f"http://127.0.0.1:{server.server_address[1]}/prefix/", **more)


def _send(connection: RestConnection, path: str, body: bytes = b"") -> Any:
    return connection.send(RestCall(path, {"X-Own": "a"}, body), deadline_s=_WAIT_S)


@pytest.mark.parametrize("path", ["/kept", "/chunked"])
def test_bodies_of_all_sizes_follow_each_other_on_one_connection(
    server: _Server, path: str
) -> None:
    connection = RestConnection(_target(server))
    for size in (0, 1, 1_000_000, 3_000_000, 0, 10):
        assert bytes(_send(connection, path, b"x" * size).body) == b"x" * size
    connection.close()
    assert len(server.clients) == 1


def test_a_connection_that_the_server_closes_is_opened_again(server: _Server) -> None:
    connection = RestConnection(_target(server))
    for path in ("/kept", "/closed", "/kept", "/kept"):
        assert _send(connection, path, b"ab").body == b"ab"
    connection.close()
    assert len(server.clients) == 2


def test_the_headers_are_the_targets_and_the_calls(server: _Server) -> None:
    connection = RestConnection(_target(server, credentials=Credentials(token="secret")))
    reply = _send(connection, "/kept")
    connection.close()
    assert reply.headers["X-Twice"] == "1, 2"
    assert server.seen == [
        {
            "Host": f"127.0.0.1:{server.server_address[1]}",
            "Accept-Encoding": "identity",
            "Authorization": "Bearer secret",
            "X-Own": "a",
            "Content-Length": "0",
        }
    ]


def test_a_reply_that_ends_too_early_is_an_error_and_the_next_call_works(server: _Server) -> None:
    connection = RestConnection(_target(server))
    with pytest.raises(StreamBroken):
        _send(connection, "/short", b"abc")
    assert _send(connection, "/kept", b"ab").body == b"ab"
    connection.close()


@pytest.mark.parametrize("path", ["/kept/twice", "/chunked/twice"])
def test_a_reply_over_the_limit_is_refused(server: _Server, path: str) -> None:
    connection = RestConnection(_target(server), message_limit=1000)
    assert len(_send(connection, path, bytes(500)).body) == 1000
    with pytest.raises(PayloadTooLarge):
        _send(connection, path, bytes(501))
    assert len(_send(connection, path, bytes(500)).body) == 1000
    connection.close()
