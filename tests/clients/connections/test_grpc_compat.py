"""What we use of gRPC beyond its public interface is still as we think."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import grpc
import pytest

from backend.clients.connections.grpc import GrpcConnection, OneThreadStream
from backend.core.choices import Compression
from backend.core.target import Credentials, Target
from backend.core.worker import Worker

_WAIT_S = 60.0


class _Service(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Gives messages back, but says no to `no` and holds `hold` until its call has ended."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.seen: list[dict[str, Any]] = []

    def service(self, details: Any) -> Any:
        self.seen.append(dict(details.invocation_metadata))
        if details.method == "/s/Unary":
            return grpc.unary_unary_rpc_method_handler(self._unary)
        if details.method == "/s/Stream":
            return grpc.stream_stream_rpc_method_handler(self._stream)
        return None

    def _unary(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        if message == b"no":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "I said no.")
        if message == b"hold":
            ended = threading.Event()
            context.add_callback(ended.set)
            self.held.set()
            assert ended.wait(_WAIT_S)
        return message

    def _stream(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        for message in messages:
            yield self._unary(message, context)
            if message == b"end":
                return


@pytest.fixture
def service() -> _Service:
    return _Service()


@pytest.fixture
def connection(service: _Service) -> Iterator[GrpcConnection]:
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((service,))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        target = Target("t", grpc=f"127.0.0.1:{port}", credentials=Credentials(token="secret"))
        made = GrpcConnection(target)
        made.wait_ready(_WAIT_S)
        yield made
        made.close()
        server.stop(0).wait(_WAIT_S)


def test_calls_of_one_thread_are_told_apart_by_their_numbers(connection: GrpcConnection) -> None:
    with closing(connection.one_thread("/s/Unary", stream=False)) as calls:
        for number in range(5):
            calls.begin(number, b"%d" % number, _WAIT_S)
        replies = {}
        for _ in range(5):
            over = calls.wait()
            assert over.error is None
            replies[over.slot] = over.message
        assert replies == {number: b"%d" % number for number in range(5)}


@pytest.mark.parametrize("compression", Compression)
def test_a_call_carries_the_credentials_and_says_how_it_is_packed(
    connection: GrpcConnection, service: _Service, compression: Compression
) -> None:
    message = b"x" * 100_000
    with closing(connection.one_thread("/s/Unary", stream=False, compression=compression)) as calls:
        calls.begin(0, message, _WAIT_S)
        assert calls.wait().message == message
    assert service.seen[-1]["authorization"] == "Bearer secret"


def test_what_fails_is_an_error_like_any_other_of_grpc(connection: GrpcConnection) -> None:
    with closing(connection.one_thread("/s/Unary", stream=False)) as calls:
        calls.begin(0, b"no", _WAIT_S)
        error = calls.wait().error
        assert error is not None
        assert str(connection.explain(error)) == "INVALID_ARGUMENT: I said no."
        calls.begin(0, b"hold", 0.1)
        error = calls.wait().error
        assert error is not None
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_stream_takes_messages_faster_than_grpc_does(connection: GrpcConnection) -> None:
    with closing(connection.one_thread("/s/Stream", stream=True)) as stream:
        assert isinstance(stream, OneThreadStream)
        sent = [b"%d" % number * 10_000 for number in range(50)]
        for message in sent:
            stream.send(message)
        assert [stream.wait().message for _ in sent] == sent
        stream.send(b"end")
        assert stream.wait().message == b"end"
        over = stream.wait()
        assert over.error is not None
        assert over.error.code() is grpc.StatusCode.OK
        stream.send(b"too late")


@pytest.mark.parametrize("method", ["/s/Unary", "/s/Stream"])
def test_another_thread_can_end_the_waiting(
    connection: GrpcConnection, service: _Service, method: str
) -> None:
    calls = connection.one_thread(method, stream=method == "/s/Stream")
    if isinstance(calls, OneThreadStream):
        calls.send(b"hold")
    else:
        calls.begin(0, b"hold", _WAIT_S)

    def cancel(_stop: threading.Event) -> None:
        assert service.held.wait(_WAIT_S)
        calls.cancel()

    with Worker("cancel", cancel):
        error = calls.wait().error
    assert error is not None
    assert error.code() is grpc.StatusCode.CANCELLED
    calls.close()


def test_a_channel_closes_though_calls_were_under_way(
    connection: GrpcConnection, service: _Service
) -> None:
    calls = connection.one_thread("/s/Unary", stream=False)
    for number in range(3):
        calls.begin(number, b"hold", _WAIT_S)
    assert service.held.wait(_WAIT_S)
    calls.close()
    connection.close()
