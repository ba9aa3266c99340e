"""Connections to the gRPC port that never finish, and floods of frames: others are served."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import grpc
import pytest

from backend.server.grpc.connections import can_make_room
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.limits import Limits
from backend.server.settings.timeouts import Timeouts
from backend.wire.oip import grpc as oip_grpc
from tests.attacks.raw_clients import (
    WAIT_S,
    Crowd,
    connected,
    flooding,
    grpc_address,
    heard,
    serving,
)
from tests.server.grpc.test_services import request
from tests.server.grpc_calls import streaming, unary

LIVE = f"/{oip_grpc.SERVICE}/ServerLive"

DATA, HEADERS, RST, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    """One HTTP/2 frame (RFC 9113, 4.1)."""
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload


def literal(name: str, value: str) -> bytes:
    """A header field that is not indexed (RFC 7541, 6.2.2), both parts under 127 bytes."""
    return b"\x00" + b"".join(bytes((len(text),)) + text.encode() for text in (name, value))


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS)
CALL = b"".join(
    literal(name, value)
    for name, value in (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", LIVE),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    )
)
needs_room = pytest.mark.skipif(not can_make_room(), reason="descriptors cannot be listed here")


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with serving() as server:
        yield server


def ask(server: EmbeddedServer, **options: Any) -> str:
    """The status of a call on a connection of its own."""
    own = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(server.grpc_address, options=own) as channel:
        return status(lambda: unary(channel, LIVE)(b"", timeout=WAIT_S, **options))


def status(call: Callable[[], object]) -> str:
    try:
        call()
    except grpc.RpcError as error:
        failed: Any = error
        return f"{failed.code().name}: {failed.details()}"
    return "OK"


class TestMany:
    @needs_room
    @pytest.mark.parametrize("said", [b"", PREFACE, PREFACE[:20]], ids=["none", "all", "part"])
    def test_a_thousand_that_never_call_keep_nobody_out(
        self, server: EmbeddedServer, said: bytes
    ) -> None:
        with Crowd(grpc_address(server), 1000, lambda _: said):
            for _ in range(10):
                # A client tries again while its first try is answered by a flood's closed door.
                assert ask(server, wait_for_ready=True) == "OK"

    @needs_room
    def test_one_that_is_in_use_is_kept(self, server: EmbeddedServer) -> None:
        channel = grpc.insecure_channel(server.grpc_address)
        asking = threading.Event()
        message = oip_grpc.encode_request(request([1]), raw=True)

        def messages() -> Iterator[bytes]:
            yield message
            asking.wait(WAIT_S)
            yield message

        with channel:
            stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)(messages(), timeout=WAIT_S)
            assert next(stream)
            with Crowd(grpc_address(server), 600, lambda _: PREFACE):
                assert ask(server, wait_for_ready=True) == "OK"
            asking.set()
            assert next(stream)

    def test_two_hundred_streams_and_calls_of_one_client(self, server: EmbeddedServer) -> None:
        message = oip_grpc.encode_request(request([1]), raw=True)
        with grpc.insecure_channel(server.grpc_address) as channel:
            streams = [
                streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter([message]), timeout=WAIT_S)
                for _ in range(100)
            ]
            calls = [unary(channel, LIVE).future(b"", timeout=WAIT_S) for _ in range(200)]
            assert all(len(list(stream)) == 1 for stream in streams)
            assert {str(call.exception()) for call in calls} == {"None"}


class TestSlow:
    @pytest.mark.parametrize("said", [b"", PREFACE[:20], PREFACE], ids=["none", "part", "no ack"])
    def test_a_handshake_that_stops_is_ended(self, said: bytes) -> None:
        with (
            serving(timeouts=Timeouts(handshake_s=0.2)) as server,
            connected(grpc_address(server), said) as stopped,
        ):
            heard(stopped)
            assert ask(server) == "OK"

    def test_one_that_idles_is_ended(self) -> None:
        with (
            serving(timeouts=Timeouts(grpc_idle_s=0.2)) as server,
            connected(grpc_address(server), PREFACE + frame(SETTINGS, 1)) as idle,
        ):
            heard(idle)
            assert ask(server) == "OK"

    def test_one_that_does_not_answer_pings_is_ended(self) -> None:
        with (
            serving(timeouts=Timeouts(ping_s=1.0)) as server,
            connected(grpc_address(server), PREFACE + frame(SETTINGS, 1)) as gone,
        ):
            gone.sendall(frame(HEADERS, END_HEADERS, 1, CALL))
            heard(gone)

    def test_a_call_whose_message_does_not_come_is_ended(self) -> None:
        with serving(timeouts=Timeouts(message_s=0.2)) as server:
            channel = grpc.insecure_channel(server.grpc_address)
            never = threading.Event()

            def messages() -> Iterator[bytes]:
                never.wait(WAIT_S)
                yield from ()

            with channel:
                said = status(lambda: list(streaming(channel, LIVE)(messages(), timeout=WAIT_S)))
                never.set()
            assert said.startswith("RESOURCE_EXHAUSTED: The call's message did not come in time")

    def test_calls_without_a_message_leave_room_for_others(self) -> None:
        with (
            serving(limits=Limits(calls=4)) as server,
            connected(grpc_address(server), PREFACE + frame(SETTINGS, 1)) as half_open,
        ):
            for number in range(1, 16, 2):
                half_open.sendall(frame(HEADERS, END_HEADERS, number, CALL))
            for _ in range(10):
                assert ask(server) == "OK"

    def test_silent_streams_make_room_for_others(self) -> None:
        with serving(limits=Limits(streams=2)) as server:
            channel = grpc.insecure_channel(server.grpc_address)
            leaving = threading.Event()
            message = oip_grpc.encode_request(request([1]), raw=True)

            def silent() -> Iterator[bytes]:
                leaving.wait(WAIT_S)
                yield from ()

            def talking() -> Iterator[bytes]:
                yield message
                leaving.wait(WAIT_S)

            path = oip_grpc.MODEL_STREAM_INFER
            with channel:
                for _ in range(4):
                    streaming(channel, path)(silent(), timeout=WAIT_S)
                first = streaming(channel, path)(talking(), timeout=WAIT_S)
                assert next(first)
                second = streaming(channel, path)(talking(), timeout=WAIT_S)
                assert next(second)
                third = streaming(channel, path)(talking(), timeout=WAIT_S)
                assert status(lambda: next(third)).startswith("RESOURCE_EXHAUSTED: 2 streams")
                leaving.set()
                assert list(first) == list(second) == []


def _calls(each: Callable[[int], bytes]) -> bytes:
    return b"".join(
        frame(HEADERS, END_HEADERS, number, CALL) + each(number) for number in range(1, 20_001, 2)
    )


FLOODS: dict[str, Callable[[], bytes]] = {
    "rapid reset": lambda: _calls(lambda number: frame(RST, 0, number, bytes(3) + b"\x08")),
    "half-open calls": lambda: _calls(lambda _: b""),
    "calls": lambda: _calls(lambda number: frame(DATA, END_STREAM, number, bytes(5))),
    "settings": lambda: frame(SETTINGS, 0, 0, b"\x00\x03\x00\x00\x00\x64") * 50_000,
    "pings": lambda: frame(PING, 0, 0, bytes(8)) * 50_000,
    "continuation": lambda: (
        frame(HEADERS, 0, 1, CALL) + frame(CONTINUATION, 0, 1, literal("x", "y" * 100) * 100) * 500
    ),
    "empty continuation": lambda: frame(HEADERS, 0, 1, CALL) + frame(CONTINUATION, 0, 1) * 50_000,
    "empty data": lambda: frame(HEADERS, END_HEADERS, 1, CALL) + frame(DATA, 0, 1) * 50_000,
    "nonsense": lambda: frame(99, 255, 12345, b"?" * 1000) * 1000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_others_are_served_beside_a_flood(server: EmbeddedServer, name: str) -> None:
    said = PREFACE + frame(SETTINGS, 1) + FLOODS[name]()
    begun = threading.Barrier(3)

    def flood(leaving: threading.Event) -> None:
        with connected(grpc_address(server)) as connection, suppress(OSError):
            connection.settimeout(0.1)
            begun.wait(WAIT_S)
            left = memoryview(said)
            while left and not leaving.is_set():
                with suppress(TimeoutError):
                    left = left[connection.send(left) :]
            leaving.wait(WAIT_S)

    with flooding(flood, 2):
        begun.wait(WAIT_S)
        for _ in range(20):
            assert ask(server, wait_for_ready=True) == "OK"
