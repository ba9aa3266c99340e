"""The four acts of a call: start, send, finish, cancel; and what ends it otherwise."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

from backend.clients.connections.grpc import GrpcConnection, Reach
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import Exchange, MethodKind, Request
from backend.inspector.calls.stream_call import StreamCall, StreamState
from backend.inspector.calls.stream_log import Direction, StreamLog
from tests.inspector.lab_server import FLOOD
from tests.real_sources import free_port
from tests.waiting import WAIT_S, wait_for

HEALTH = "/grpc.health.v1.Health"


def _lab(name: str, kind: MethodKind, *messages: bytes, deadline_s: float | None = None) -> Request:
    return Request("lab", kind, f"/lab.v1.Lab/{name}", messages, deadline_s=deadline_s)


def _ended(call: StreamCall) -> Exchange:
    exchange = call.wait(WAIT_S)
    assert exchange is not None
    assert call.state is StreamState.ENDED
    assert sum(part.duration_ns for part in exchange.timing) == exchange.total_ns
    return exchange


def test_a_conversation_in_four_acts(lab: Target) -> None:
    with Caller(lab) as caller:
        call = caller.stream(_lab("Chat", MethodKind.BIDI_STREAM))
        assert call.state is StreamState.READY
        call.start()
        for number in range(3):
            call.send(bytes((0x10, number)))
            wait_for(lambda seen=number: call.counts.received == seen + 1)  # type: ignore[misc]
        assert call.exchange is None
        call.finish()
        exchange = _ended(call)
    assert exchange.ok
    assert [reply.body[1] for reply in exchange.replies] == [0, 1, 2]
    assert exchange.request.messages == tuple(reply.body for reply in exchange.replies)
    assert dict(exchange.headers)["x-hello"] == "there"
    rows = call.drain().events
    assert [row.direction for row in rows[:2]] == [Direction.SENT, Direction.RECEIVED]
    assert [row.text for row in rows if row.direction is Direction.NOTE] == [
        "Finished",
        "Ended: OK",
    ]
    assert [row.offset_ns for row in rows[:6]] == sorted(row.offset_ns for row in rows[:6])


def test_many_messages_may_be_sent_for_one_reply(lab: Target) -> None:
    messages = tuple(bytes((0x10, n)) for n in range(5))
    with Caller(lab) as caller:
        exchange = caller.call(_lab("Gather", MethodKind.CLIENT_STREAM, *messages))
        again = caller.call(exchange.request)
    assert exchange.body == b"\x10\x05" == again.body
    assert len(exchange.sent_ns) == 5


def test_one_message_may_be_answered_by_many(lab: Target) -> None:
    with Caller(lab) as caller:
        exchange = caller.call(_lab("Flood", MethodKind.SERVER_STREAM, b"\x10\x01"))
        assert len(exchange.replies) == FLOOD
        call = caller.stream(_lab("Flood", MethodKind.SERVER_STREAM, b"\x10\x01")).start()
        with pytest.raises(UsageError, match="finished"):
            call.send(b"")
        with pytest.raises(UsageError, match="started"):
            call.start()
        _ended(call)


def test_metadata_and_the_servers_own_times_are_recorded(lab: Target) -> None:
    with Caller(lab) as caller:
        exchange = caller.call(_lab("Echo", MethodKind.UNARY, b"\x10\x01"))
    assert dict(exchange.trailers) == {"x-seen": "2", "x-raw-bin": "AP8="}
    wait = next(part for part in exchange.timing if part.name == "send + wait")
    assert [(part.name, part.duration_ns) for part in wait.parts] == [
        ("queue", 100_000),
        ("work", 250_000),
    ]


def test_a_watch_is_cancelled_in_its_middle(target: Target) -> None:
    with Caller(target) as caller:
        watch = Request("embedded", MethodKind.SERVER_STREAM, f"{HEALTH}/Watch", (b"",))
        call = caller.stream(watch).start()
        wait_for(lambda: call.counts.received == 1)
        call.cancel()
        exchange = _ended(call)
    assert exchange.cancelled
    assert exchange.fault is None
    assert not exchange.ok
    assert exchange.status is not None
    assert exchange.status.name == "CANCELLED"
    assert exchange.body == b"\x08\x01"


def test_closing_the_caller_ends_what_is_under_way(lab: Target) -> None:
    caller = Caller(lab)
    call = caller.stream(_lab("Chat", MethodKind.BIDI_STREAM)).start()
    call.send(b"\x10\x01")
    wait_for(lambda: call.counts.received == 1)
    caller.close()
    exchange = _ended(call)
    assert not exchange.ok


def test_a_call_is_cancelled_while_the_server_works(lab: Target) -> None:
    with Caller(lab) as caller:
        call = caller.prepare(_lab("Sleep", MethodKind.UNARY, b""))
        timer = threading.Timer(0.2, call.cancel)
        timer.start()
        exchange = call.run()  # the server would sleep until the end of the test
        timer.join()
    assert exchange.cancelled


def test_a_deadline_ends_the_wait(lab: Target) -> None:
    with Caller(lab) as caller:
        exchange = caller.call(_lab("Sleep", MethodKind.UNARY, b"", deadline_s=0.3))
    assert exchange.fault is not None
    assert exchange.fault.code == "deadline"
    assert exchange.fault.exit_code == 5


def test_a_servers_refusal_keeps_its_words(lab: Target) -> None:
    with Caller(lab) as caller:
        exchange = caller.call(_lab("Fail", MethodKind.UNARY, b""))
    assert exchange.status is not None
    assert (exchange.status.code, exchange.status.text) == (9, "not today")
    assert exchange.fault is not None
    assert exchange.fault.exit_code == 4


def test_the_servers_own_limit_is_said() -> None:
    with ThreadPoolExecutor(1) as workers:
        server = grpc.server(workers, options=[("grpc.max_receive_message_length", 1 << 20)])
        echo = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("lab.v1.Lab", {"Echo": echo}),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with Caller(Target("small", grpc=f"127.0.0.1:{port}")) as caller:
            exchange = caller.call(_lab("Echo", MethodKind.UNARY, bytes(2 << 20)))
        server.stop(0).wait(30)
    assert exchange.fault is not None
    assert exchange.fault.message == "Message is 2.0 MiB; the limit is 1.0 MiB."


def test_a_call_cancelled_just_as_it_is_connected(lab: Target) -> None:
    class Cancelling(GrpcConnection):
        def reach(self, cancelled: threading.Event, deadline_s: float | None) -> Reach:
            reached = super().reach(cancelled, deadline_s)
            call.cancel()
            return reached

    connection = Cancelling(lab)
    call = StreamCall(_lab("Echo", MethodKind.UNARY, b"\x10\x01"), connection)
    exchange = call.run()
    connection.close()
    assert exchange.cancelled
    assert exchange.fault is None


def test_two_answers_where_one_was_due_are_noticed(lab: Target) -> None:
    with Caller(lab) as caller:
        exchange = caller.call(_lab("Twice", MethodKind.UNARY, b"\x10\x01"))
    assert len(exchange.replies) == 2
    assert exchange.fault is not None
    assert exchange.fault.kind == "ReplyMismatch"


def test_a_huge_reply_is_taken_whole_and_kept_out_of_the_log(lab: Target) -> None:
    size = 48 * 1024 * 1024
    request = _lab("Echo", MethodKind.UNARY, bytes(size))
    with Caller(lab) as caller:
        call = caller.stream(request).start()
        exchange = _ended(call)
    assert exchange.ok, exchange.fault
    assert len(exchange.body) == size
    assert all(row.body is None for row in call.drain().events if row.size == size)


def test_a_long_stream_stays_within_its_log(target: Target) -> None:
    refused = b"\n\x06nobody"
    path = "/inference.GRPCInferenceService/ModelStreamInfer"
    with Caller(target) as caller:
        call = caller.stream(Request("embedded", MethodKind.BIDI_STREAM, path), rows=100).start()
        for _ in range(2000):
            call.send(refused, wait_s=WAIT_S)
        call.finish()
        exchange = _ended(call)
    assert call.counts.received == 2000
    assert len(exchange.replies) == 2000
    rows = call.drain()
    assert len(rows.events) == 100
    assert rows.events[-1].number + 1 == 100 + rows.dropped


def test_a_log_counts_what_it_drops() -> None:
    log = StreamLog(3)
    for number in range(5):
        log.add(Direction.SENT, number, bytes(number))
    drained = log.drain()
    assert [event.number for event in drained.events] == [2, 3, 4]
    assert drained.dropped == 2
    assert log.drain().events == ()


def test_nobody_there_is_said_with_its_fault() -> None:
    port = free_port()
    target = Target("gone", f"http://127.0.0.1:{port}", f"127.0.0.1:{port}")
    with Caller(target) as caller:
        for request in (
            Request("gone", MethodKind.REST, "/v2", verb="GET"),
            _lab("Echo", MethodKind.UNARY, b"\x10\x01"),
        ):
            exchange = caller.call(request)
            assert exchange.fault is not None
            assert (exchange.fault.code, exchange.fault.exit_code) == ("refused", 3)
            assert exchange.request.messages == request.messages
            assert sum(part.duration_ns for part in exchange.timing) == exchange.total_ns


@contextmanager
def _answering(*pieces: bytes, pause_s: float = 0.0) -> Iterator[Target]:
    """A TCP server that says these bytes to whoever connects, whatever they say."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            with peer:
                peer.settimeout(0.5)
                try:
                    peer.recv(65536)
                    for piece in pieces:
                        peer.sendall(piece)
                        over.wait(pause_s)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Target("odd", f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        over.set()
        thread.join()
        listener.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"\x00\x01garbage\xff\xfe\r\n\r\n", "TargetUnreachable"),
        (b"", "StreamBroken"),
        (HEAD + b"\r\n12345", "StreamBroken"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n1234567890", "ReplyMismatch"),
        (
            HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"1234", mtime=0)[:10],
            "ReplyMismatch",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "PayloadTooLarge"),
    ],
)
def test_garbage_for_an_answer_is_named(said: bytes, kind: str) -> None:
    with _answering(said) as target, Caller(target) as caller:
        request = Request("odd", MethodKind.REST, "/v2", verb="GET", deadline_s=10)
        exchange = caller.call(request)
    assert exchange.fault is not None
    assert exchange.fault.kind == kind, exchange.fault
    assert sum(part.duration_ns for part in exchange.timing) == exchange.total_ns


def test_a_reply_in_drops_does_not_outlast_the_deadline() -> None:
    drops = (b"HTTP/1.1 200 OK\r\n", *[b"X-Drop: 1\r\n"] * 100_000)  # more than any test waits for
    with _answering(*drops, pause_s=0.05) as target, Caller(target) as caller:
        request = Request("odd", MethodKind.REST, "/v2", verb="GET", deadline_s=0.4)
        exchange = caller.call(request)
    assert exchange.fault is not None
    assert exchange.fault.code == "deadline"


def test_a_rest_call_is_cancelled_while_it_waits() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\n", pause_s=WAIT_S) as target, Caller(target) as caller:
        call = caller.prepare(Request("odd", MethodKind.REST, "/v2", verb="GET"))
        timer = threading.Timer(0.2, call.cancel)
        timer.start()
        exchange = call.run()
        timer.join()
    assert exchange.cancelled
    assert exchange.fault is None
    assert exchange.status is None
