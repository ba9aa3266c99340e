"""The two connections as their users see them: kept, closed, reopened, with their credentials."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from backend.clients.codecs import RestCall
from backend.clients.connections.grpc import GrpcConnection, Reach
from backend.clients.connections.rest import RestConnection
from backend.core.errors import (
    PayloadTooLarge,
    ReplyMismatch,
    StreamBroken,
    TargetUnreachable,
    UsageError,
)
from backend.core.target import Credentials, Target, Tls
from tests.certificates import Authority, Pair
from tests.clients.conftest import secure_server, target_of
from tests.real_sources import free_port

_WAIT_S = 30.0


def _lend(connection: RestConnection) -> Any:
    end = time.monotonic() + _WAIT_S
    return connection.by_hand.lend(connection.address, end, lambda _: None)


def _call(http: Any) -> bytes:
    http.send_exactly("GET", "/v2", [("Host", "x")], b"")
    reply = http.wait_for_reply()
    body: bytes = reply.read()
    reply.close()
    return body


def test_a_connection_by_hand_is_kept_and_one_that_was_cut_is_not(target: Target) -> None:
    connection = RestConnection(target)
    first = _lend(connection)
    first.connect()
    assert _call(first)
    connection.by_hand.give_back(first)
    second = _lend(connection)
    assert second is first
    assert not second.is_closed
    second.monitor.sockets.cut()
    connection.by_hand.give_back(second)
    third = _lend(connection)
    assert third is not first
    connection.by_hand.give_back(third)
    connection.close()
    with pytest.raises(StreamBroken):
        _lend(connection)


def test_a_connection_by_hand_is_kept_in_tls_too(authority: Authority, good: Pair) -> None:
    """Tickets that a server sends after the handshake are no sign that it has ended."""
    with secure_server(good) as server:
        connection = RestConnection(target_of(server, tls=Tls(ca_file=str(authority.ca))))
        first = _lend(connection)
        first.connect()
        assert _call(first)
        connection.by_hand.give_back(first)
        second = _lend(connection)
        assert second is first
        assert _call(second)
        connection.by_hand.give_back(second)
        connection.close()


def test_each_thread_that_sends_has_a_connection_of_its_own(target: Target) -> None:
    connection = RestConnection(target)
    both = threading.Barrier(2, timeout=_WAIT_S)

    def send(_: int) -> int:
        both.wait()
        status = connection.send(RestCall("/v2", {}, b"", "GET"), deadline_s=_WAIT_S).status
        both.wait()
        return status

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, range(2))) == [200, 200]
    assert len(connection._sessions) == 2
    connection.close()


def test_an_address_that_is_none_is_said_by_both() -> None:
    nowhere = Target("t", "models.example", "models.example")
    with pytest.raises(TargetUnreachable, match="not an address"):
        _ = RestConnection(nowhere).address
    assert "not an address" in str(GrpcConnection(nowhere).find_fault())


class _Echo:
    """A gRPC server that answers with the metadata it was sent."""

    def __init__(self, port: int = 0) -> None:
        self._pool = ThreadPoolExecutor(2)
        self._server = grpc.server(self._pool, options=[("grpc.so_reuseport", 0)])
        answer = grpc.unary_unary_rpc_method_handler(self._answer)
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("lab.Echo", {"Say": answer}),)
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def _answer(self, _request: bytes, context: Any) -> bytes:
        sent = [f"{k}={v}" for k, v in context.invocation_metadata() if k.startswith("x-")]
        return " ".join(sent).encode()

    def stop(self) -> None:
        self._server.stop(0).wait(_WAIT_S)
        self._pool.shutdown()


@pytest.fixture
def echo() -> Iterator[_Echo]:
    server = _Echo()
    yield server
    server.stop()


def test_metadata_of_a_call_goes_before_that_of_the_target(echo: _Echo) -> None:
    credentials = Credentials(headers=(("X-One", "1"), ("X-Two", "2")))
    address = f"127.0.0.1:{echo.port}"
    connection = GrpcConnection(Target("t", grpc=address, credentials=credentials))
    own = (("x-two", "mine"),)
    for messages in (b"", iter([b""])):
        replies = list(connection.stream("/lab.Echo/Say", messages, metadata=own))
        assert replies == [b"x-one=1 x-two=mine"]
    connection.close()


def test_a_name_that_grpc_refuses_is_said_before_anything_is_sent() -> None:
    credentials = Credentials(headers=(("X!Key", "hunter2"),))
    with pytest.raises(UsageError) as refused:
        GrpcConnection(Target("t", grpc="127.0.0.1:9", credentials=credentials))
    assert "hunter2" not in str(refused.value)


def test_a_call_by_hand_finds_a_server_that_was_restarted() -> None:
    port, cancelled = free_port(), threading.Event()
    connection = GrpcConnection(Target("t", grpc=f"127.0.0.1:{port}", connect_timeout_s=_WAIT_S))
    server = _Echo(port)
    assert connection.reach(cancelled, None) is Reach.OPENED
    assert connection.reach(cancelled, None) is Reach.REUSED
    server.stop()
    end = time.monotonic() + _WAIT_S
    while connection.reach(cancelled, None) is not Reach.NONE:
        assert time.monotonic() < end
    again = _Echo(port)
    while (reached := connection.reach(cancelled, None)) is Reach.NONE:
        assert time.monotonic() < end
    assert reached is Reach.OPENED
    assert list(connection.stream("/lab.Echo/Say", b"")) == [b""]
    connection.close()
    again.stop()
    with pytest.raises(StreamBroken):
        connection.reach(cancelled, None)


def test_a_reply_in_a_coding_that_was_not_asked_for_is_named_as_such() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: br\r\n\r\n"
    with _replying(head + b"{}") as address:
        connection = RestConnection(Target("t", rest=address))
        with pytest.raises(ReplyMismatch, match="Content-Encoding is 'br'"):
            connection.send(RestCall("/", {}, b"", method="GET"), deadline_s=_WAIT_S)
        connection.close()


def test_a_length_of_countless_digits_is_over_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 1000 + b"\r\n\r\n"
    with _replying(head) as address:
        connection = RestConnection(Target("t", rest=address))
        with pytest.raises(PayloadTooLarge):
            connection.send(RestCall("/", {}, b"", method="GET"), deadline_s=_WAIT_S)
        connection.close()


@contextmanager
def _replying(reply: bytes) -> Iterator[str]:
    """The address of a server that answers its only request with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            accepted, _ = listener.accept()
            with accepted:
                accepted.recv(65_536)
                accepted.sendall(reply)
                accepted.recv(1)

        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(answer)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            answered.result(_WAIT_S)
