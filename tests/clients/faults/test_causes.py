"""What is wrong with a server is told apart, and no call outlasts its deadline.

Servers here are silent, or trickle, for as long as they are asked: a call that outlasts its
deadline never ends, and the test's own time limit fails it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from typing import Any

import grpc
import pytest

from backend.clients.codecs.calls import RestCall
from backend.clients.connections.grpc import GrpcConnection
from backend.clients.connections.rest import RestConnection
from backend.clients.faults.grpc import explain
from backend.core.choices import Compression
from backend.core.errors import (
    ConsoleError,
    DeadlineExceeded,
    PayloadTooLarge,
    SignInNeeded,
    StreamBroken,
    TargetError,
    TargetFault,
    Unsupported,
)
from backend.core.target import Target
from backend.wire.oip.grpc import MODEL_STREAM_INFER, SERVICE
from tests.gate import Gate
from tests.real_sources import free_port


def over_rest(target: Target, deadline_s: float) -> Any:
    channel = RestConnection(target)
    try:
        return channel.send(RestCall("/v2", {}, b"", "GET"), deadline_s=deadline_s)
    finally:
        channel.close()


def over_grpc(target: Target, deadline_s: float) -> Any:
    channel = GrpcConnection(target)
    method = f"/{SERVICE}/ServerMetadata"
    try:
        return channel.unary(method, b"", deadline_s=deadline_s, compression=Compression.NONE)
    finally:
        channel.close()


BOTH = pytest.mark.parametrize("ask", [over_rest, over_grpc])
Ask = Callable[[Target, float], Any]


def at(address: str) -> Target:
    return Target("t", f"http://{address}", address, connect_timeout_s=1.0)


def fault_of(ask: Ask, target: Target, deadline_s: float = 30.0) -> TargetFault:
    with pytest.raises(TargetError) as caught:
        ask(target, deadline_s)
    assert caught.value.hint
    return caught.value.fault


@BOTH
def test_refused_is_said_at_once(ask: Ask) -> None:
    # The deadline is later than the test's own end.
    assert fault_of(ask, at(f"127.0.0.1:{free_port()}"), 3600.0) is TargetFault.REFUSED


@BOTH
def test_a_host_that_nobody_knows(ask: Ask) -> None:
    assert fault_of(ask, at("no-such-host.invalid:1")) is TargetFault.UNKNOWN_HOST


@BOTH
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:99999", ":1"])
def test_what_is_no_address(ask: Ask, address: str) -> None:
    if ask is over_rest and address == "127.0.0.1":
        return  # HTTP has a usual port
    assert fault_of(ask, at(address)) is TargetFault.BAD_ADDRESS


@BOTH
def test_a_server_that_says_nothing_ends_with_the_deadline(ask: Ask) -> None:
    with Gate() as gate:
        assert fault_of(ask, at(gate.address), 0.6) is TargetFault.SILENT


@BOTH
def test_another_protocol(ask: Ask) -> None:
    with speaking(b"220 mail.example ESMTP\r\n") as address:
        assert fault_of(ask, at(address)) is TargetFault.OTHER_PROTOCOL


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"])
def test_a_reply_that_trickles_ends_with_the_deadline(first: bytes) -> None:
    with speaking(first, drip=b"H") as address:
        channel = RestConnection(at(address))
        with pytest.raises(DeadlineExceeded):
            channel.send(RestCall("/v2", {}, b"", "GET"), deadline_s=0.4)
        channel.close()


@pytest.mark.parametrize("length", [b"9" * 5000, b"99999999999999999999999", b"\xb2", b"x"])
def test_a_length_that_is_none_is_no_crash(length: bytes) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n{}"
    with speaking(reply) as address:
        channel = RestConnection(at(address))
        with suppress(ConsoleError):
            channel.send(RestCall("/v2", {}, b"", "GET"), deadline_s=1.0)
        channel.close()


def test_a_proxy_that_trickles_ends_with_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(b"HTTP/1.1 200 OK\r\n", drip=b"H") as address:
        monkeypatch.setenv("http_proxy", f"http://{address}")
        monkeypatch.delenv("no_proxy", raising=False)
        channel = RestConnection(Target("far", "http://models.example:8000"))
        with pytest.raises(DeadlineExceeded):
            channel.send(RestCall("/v2", {}, b"", "GET"), deadline_s=0.4)
        channel.close()


@BOTH
def test_closing_ends_a_call_that_waits(ask: Ask) -> None:
    with Gate() as gate:
        target = at(gate.address)
        channel: Any = (RestConnection if ask is over_rest else GrpcConnection)(target)
        said: list[ConsoleError] = []

        def call() -> None:
            try:
                if isinstance(channel, RestConnection):
                    channel.send(RestCall("/v2", {}, b"", "GET"), deadline_s=3600)
                else:
                    channel.wait_ready(3600)
            except ConsoleError as error:
                said.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        while not gate.accepted:
            time.sleep(0.01)
        channel.close()
        thread.join(30)
        assert not thread.is_alive()
        assert isinstance(said[0], StreamBroken)


@contextmanager
def speaking(words: bytes, drip: bytes = b"") -> Iterator[str]:
    """A server that says this to everybody, and then goes on dripping."""
    ending = threading.Event()
    talkers: list[threading.Thread] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def talk(peer: socket.socket) -> None:
        with peer:
            try:
                peer.sendall(words)
                while drip and not ending.wait(0.05):
                    peer.sendall(drip)
                peer.settimeout(0.2)
                peer.recv(65_536)
            except OSError:
                return

    def accept() -> None:
        while not ending.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            talkers.append(threading.Thread(target=talk, args=(peer,)))
            talkers[-1].start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ending.set()
        thread.join()
        for talker in talkers:
            talker.join()
        listener.close()


@contextmanager
def refusing(code: grpc.StatusCode, text: str) -> Iterator[str]:
    """A gRPC server that answers ServerMetadata with this status, and has nothing else."""

    def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(code, text)

    handler = grpc.unary_unary_rpc_method_handler(refuse)
    with futures.ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, {"ServerMetadata": handler}),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(0).wait(30)


def test_a_status_that_asks_for_a_sign_in() -> None:
    for code, fault in (
        (grpc.StatusCode.UNAUTHENTICATED, TargetFault.SIGN_IN),
        (grpc.StatusCode.PERMISSION_DENIED, TargetFault.FORBIDDEN),
    ):
        with refusing(code, "who are you?") as address, pytest.raises(SignInNeeded) as caught:
            over_grpc(Target("t", grpc=address), 30.0)
        assert caught.value.fault is fault
        assert "who are you?" in caught.value.hint


def test_a_server_without_the_stream() -> None:
    with refusing(grpc.StatusCode.INTERNAL, "") as address:
        channel = GrpcConnection(Target("t", grpc=address))
        call = channel.stream(MODEL_STREAM_INFER, iter(()), compression=Compression.NONE)
        with pytest.raises(grpc.RpcError) as caught:
            list(call)
        error = channel.explain(caught.value, stream=True)
        channel.close()
    assert isinstance(error, Unsupported)
    assert error.fault is TargetFault.NO_STREAM


class _Status(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__()
        self._said = code, text

    def code(self) -> grpc.StatusCode:
        return self._said[0]

    def details(self) -> str:
        return self._said[1]


@pytest.mark.parametrize(
    ("text", "by_server"),
    [
        ("SERVER: Received message larger than max (900 vs. 500)", True),
        ("Received message larger than max (900 vs. 500)", True),
        ("CLIENT: Received message larger than max (900 vs. 500)", False),
        ("grpc: received message larger than max (900 vs. 500)", True),
        ("gRPC message exceeds maximum size 500: 900", True),
    ],
)
def test_sizes_in_the_words_of_every_grpc(text: str, by_server: bool) -> None:
    status = _Status(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
    error = explain(status, "h:1", limit=64, stream=False)
    assert isinstance(error, PayloadTooLarge)
    assert (error.size_bytes, error.limit_bytes) == (900, 500)
    assert error.from_server is by_server
    assert error.fault is TargetFault.TOO_LARGE


def test_a_limit_that_grpc_does_not_know_is_its_largest() -> None:
    channel = GrpcConnection(Target("t", grpc="127.0.0.1:9", message_limit=1 << 40))
    assert channel.stream("/a.B/C", b"") is not None
    channel.close()


def test_a_dead_connection_is_not_called_refused() -> None:
    status = _Status(grpc.StatusCode.UNAVAILABLE, "ping timeout")
    error = explain(status, "h:1", limit=64, stream=True)
    assert isinstance(error, StreamBroken)
    assert error.fault is TargetFault.SILENT


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "Stream removed (recvmsg:Connection reset by peer (104))",
            "Connection reset by peer.",
        ),
        ("Socket closed", "Socket closed"),
        ("the server says: read: nothing", "the server says: read: nothing"),
    ],
)
def test_a_lost_connection_is_told_in_the_systems_words_and_not_in_grpcs(
    text: str, hint: str
) -> None:
    status = _Status(grpc.StatusCode.UNAVAILABLE, text)
    assert explain(status, "h:1", limit=64, stream=True).hint == hint
