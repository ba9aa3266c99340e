"""Large REST bodies, which bypass the parser: whatever a client does around them is answered."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np
import pytest

from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.rest.whole_body import _LARGEST
from tests.waiting import wait_for

_INFER = "/v2/models/identity/infer"
_RAW = {"Inference-Header-Content-Length": "0"}
_SIZES = [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 921_600, 5_000_000]


def _body(size: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8).tobytes()


@pytest.fixture
def place(server: EmbeddedServer) -> tuple[str, int]:
    parts = urlsplit(server.rest_url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


@pytest.fixture
def connection(place: tuple[str, int]) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(*place, timeout=30)
    yield connection
    connection.close()


def _post(
    connection: http.client.HTTPConnection, body: bytes, path: str = _INFER, **headers: str
) -> tuple[int, bytes]:
    connection.request("POST", path, body, _RAW | headers)
    reply = connection.getresponse()
    content = reply.read()
    return reply.status, content[int(reply.headers.get("Inference-Header-Content-Length", 0)) :]


def test_bodies_of_all_sizes_follow_each_other_on_one_connection(
    connection: http.client.HTTPConnection,
) -> None:
    for size in [*_SIZES, 100, *reversed(_SIZES)]:
        body = _body(size, size)
        assert _post(connection, body) == (200, body)


@pytest.mark.parametrize("cut", [1, 70_000, 921_599])
def test_a_body_that_comes_bit_by_bit_is_read(place: tuple[str, int], cut: int) -> None:
    body = _body(921_600)
    with socket.create_connection(place, 30) as sock:
        sock.sendall(_head(len(body)))
        time.sleep(0.02)
        sock.sendall(body[:cut])
        time.sleep(0.02)
        sock.sendall(body[cut:])
        assert _reply(sock).endswith(body)


def test_requests_sent_before_the_first_is_answered_are_answered_in_turn(
    place: tuple[str, int],
) -> None:
    bodies = [_body(size, size) for size in (200_000, 300_000, 10, 100_000)]
    with socket.create_connection(place, 30) as sock:
        whole = b"".join(_head(len(body)) + body for body in bodies)
        sending = threading.Thread(target=sock.sendall, args=(whole,))
        sending.start()
        replies = b""
        while not replies.endswith(bodies[-1]):
            piece = sock.recv(1 << 20)
            assert piece
            replies += piece
        sending.join()
    assert replies.count(b"HTTP/1.1 200 OK") == len(bodies)
    assert all(body in replies for body in bodies)


def test_a_refused_body_does_not_disturb_the_next_request(
    connection: http.client.HTTPConnection,
) -> None:
    body = _body(921_600)

    assert _post(connection, body, "/v2/models/nobody/infer")[0] == 404
    assert _post(connection, body, "/nowhere")[0] == 404
    assert _post(connection, body, Origin="https://example.org")[0] == 403
    assert _post(connection, body) == (200, body)


def test_other_ways_to_send_a_body_still_work(connection: http.client.HTTPConnection) -> None:
    body = _body(300_000)

    pieces = iter([body[:100_000], body[100_000:]])
    connection.request("POST", _INFER, pieces, _RAW, encode_chunked=True)
    assert connection.getresponse().read().endswith(body)
    packed = {"Content-Encoding": "gzip"}
    assert _post(connection, gzip.compress(body), **packed) == (200, body)
    assert _post(connection, _body(_LARGEST + 1))[0] == 200


def test_a_body_that_was_asked_for_is_read(place: tuple[str, int]) -> None:
    body = _body(300_000)
    with socket.create_connection(place, 30) as sock:
        sock.sendall(_head(len(body), "Expect: 100-continue\r\n"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(body)
        assert _reply(sock).endswith(body)


def test_clients_that_leave_in_the_middle_are_forgotten(
    server: EmbeddedServer, connection: http.client.HTTPConnection, place: tuple[str, int]
) -> None:
    body = _body(921_600)
    before = server.requests.total
    for _ in range(20):
        with socket.create_connection(place, 30) as sock:
            sock.sendall(_head(len(body)) + body[:500_000])
    assert _post(connection, body) == (200, body)
    wait_for(lambda: server.requests.total >= before + 21)
    told = [row.status for row in server.requests.snapshot()[-21:]]
    assert sorted(told) == ["200"] + ["499"] * 20


def _head(length: int, more: str = "") -> bytes:
    return (
        f"POST {_INFER} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
        f"Inference-Header-Content-Length: 0\r\n{more}\r\n"
    ).encode()


def _reply(sock: socket.socket) -> bytes:
    sock.settimeout(30)
    reply = http.client.HTTPResponse(sock)
    reply.begin()
    assert reply.status == 200
    return reply.read()
