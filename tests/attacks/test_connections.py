"""Connections to the REST port that never finish: others are served all the while."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from backend.core.errors import UsageError
from backend.models.catalogue import bundled_registry
from backend.server.connections.table import ConnectionTable, Use, Worth, client_key
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.limits import Limits
from backend.server.settings.timeouts import Timeouts
from tests.attacks.raw_clients import (
    WAIT_S,
    Address,
    Crowd,
    answer_to,
    connected,
    flooding,
    heard,
    rest_address,
    serving,
)
from tests.server.scripted_models import Gated

GET = b"GET /v2/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /v2/models/identity/infer HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF_OPEN = (b"", b"GET", GET, POST + b"Content-Length: 1000\r\n\r\n{", POST + b"Content-Length: 1")
QUICK = Timeouts(handshake_s=0.2, headers_s=0.2, transfer_s=0.2, idle_s=0.2)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def quick() -> Iterator[EmbeddedServer]:
    """A server that waits for nobody."""
    with serving(timeouts=QUICK) as server:
        yield server


@pytest.fixture
def address(server: EmbeddedServer) -> Address:
    return rest_address(server)


def assert_served(server: EmbeddedServer, times: int = 20) -> None:
    """Each time on a connection of its own."""
    for _ in range(times):
        assert requests.get(f"{server.rest_url}/v2/health/live", timeout=WAIT_S).json() == {
            "live": True
        }


class TestMany:
    def test_a_thousand_that_never_finish_keep_nobody_out(
        self, server: EmbeddedServer, address: Address
    ) -> None:
        with Crowd(address, 1000, lambda number: HALF_OPEN[number % len(HALF_OPEN)]):
            assert_served(server, 30)

    def test_one_that_is_kept_in_use_is_kept(
        self, server: EmbeddedServer, address: Address
    ) -> None:
        with requests.Session() as session, Crowd(address, 600, lambda _: b"GET"):
            for _ in range(20):
                assert session.get(f"{server.rest_url}/v2/health/live", timeout=WAIT_S).ok

    def test_two_hundred_at_once_from_one_address_are_answered(self, address: Address) -> None:
        ask = GET + b"Connection: close\r\n\r\n"
        asking = [connected(address, ask) for _ in range(200)]
        replies = [heard(connection) for connection in asking]
        for connection in asking:
            connection.close()
        assert all(reply.startswith(b"HTTP/1.1 200 ") for reply in replies)

    def test_where_all_are_in_use_one_more_is_told_to_come_back(self) -> None:
        registry, gated = bundled_registry(), Gated()
        registry.add(gated)
        body = b'{"inputs":[{"name":"INPUT0","shape":[1],"datatype":"UINT8","data":[1]}]}'
        ask = b"POST /v2/models/gated/infer HTTP/1.1\r\nHost: [::1]\r\nContent-Length: %d\r\n\r\n%s"
        with serving(registry, limits=Limits(connections=1)) as server:
            where = rest_address(server)
            with connected(where, ask % (len(body), body)) as working:
                assert gated.entered.acquire(timeout=WAIT_S)
                with connected(where, GET + b"\r\n") as late:
                    reply = heard(late)
                gated.gate.set()
                assert working.recv(12) == b"HTTP/1.1 200"
        assert reply.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in reply
        assert b'{"error":"The server has too many connections.' in reply


class TestSlow:
    @pytest.mark.parametrize("said", [b"", GET + b"\r\n"])
    def test_one_that_idles_is_closed(self, quick: EmbeddedServer, said: bytes) -> None:
        with connected(rest_address(quick), said) as idle:
            assert heard(idle).startswith(b"HTTP/1.1 200 OK" if said else b"")

    @pytest.mark.parametrize("said", [said for said in HALF_OPEN if said])
    def test_one_that_stops_is_told_so(self, quick: EmbeddedServer, said: bytes) -> None:
        with connected(rest_address(quick), said) as stopped:
            reply = heard(stopped)
            assert reply.startswith(b"HTTP/1.1 408 ")
            assert b"did not come to its end in time" in reply

    @pytest.mark.parametrize(
        "said",
        [
            GET + b"X: ",
            POST + b"Content-Length: 1000000\r\n\r\n",
            POST + b"Content-Length: 100\r\n\r\n",
            POST + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n",
        ],
    )
    def test_one_that_dribbles_is_told_so(self, quick: EmbeddedServer, said: bytes) -> None:
        with connected(rest_address(quick), said) as slow:
            replies: list[bytes] = []
            listening = threading.Thread(target=lambda: replies.append(heard(slow)))
            listening.start()
            with suppress(OSError):
                while listening.is_alive():
                    slow.sendall(b" ")
                    time.sleep(0.05)
            listening.join()
            assert replies[0].startswith(b"HTTP/1.1 408 ")

    def test_what_follows_a_refused_body_is_not_read_for_ever(self, quick: EmbeddedServer) -> None:
        ask = b"POST /nowhere HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 1000000000\r\n\r\n"
        with connected(rest_address(quick), ask) as talkative:
            with suppress(OSError):
                while True:
                    talkative.sendall(bytes(10_000))
                    time.sleep(0.001)
            assert heard(talkative)[:13] in (b"HTTP/1.1 404 ", b"")  # unless lost in the reset

    def test_one_that_does_not_read_its_reply_is_closed(self) -> None:
        size = 40_000_000
        ask = POST + b"Inference-Header-Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % size
        with serving(timeouts=Timeouts(transfer_s=0.2)) as server, socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(rest_address(server))
            deaf.sendall(ask + bytes(size))
            ended = select.poll()
            ended.register(deaf, 0)  # a reset is told of in any case
            assert ended.poll(WAIT_S * 1000)
            assert len(heard(deaf)) < size

    def test_bodies_that_never_end_take_so_much_memory_and_no_more(self) -> None:
        length = 1 << 20
        ask = POST + b"Content-Length: %d\r\n\r\n" % length + bytes(length - 1)
        with serving(message_limit=length) as server, ExitStack() as stack:
            where = rest_address(server)
            many = [stack.enter_context(connected(where, ask)) for _ in range(24)]
            # About 16 fit. Those that had to go were told so.
            told = [one for one in many if select.select([one], [], [], 0)[0]]
            while len(told) < 6:
                told = [one for one in many if select.select([one], [], [], 0.05)[0]]
            assert all(heard(one).startswith(b"HTTP/1.1 503 ") for one in told)
            assert_served(server, 1)

    def test_a_transfer_that_makes_progress_has_longer(self) -> None:
        timeouts = Timeouts(transfer_s=0.2, bytes_per_s=1)
        with serving(timeouts=timeouts) as server:
            ask = POST + b"Inference-Header-Content-Length: 0\r\nContent-Length: 100\r\n\r\n"
            with connected(rest_address(server), ask) as slow:
                for _ in range(100):
                    slow.sendall(b"x")
                    time.sleep(0.005)
                assert slow.recv(15) == b"HTTP/1.1 200 OK"


class TestFloods:
    def test_requests_that_nobody_waits_for_end_the_connection(
        self, server: EmbeddedServer, address: Address
    ) -> None:
        many = (GET + b"\r\n") * 1000

        def flood(leaving: threading.Event) -> None:
            while not leaving.is_set():
                with connected(address, many) as connection:
                    assert heard(connection).count(b"HTTP/1.1 200 OK") < 1000

        with flooding(flood, 2):
            assert_served(server)

    @pytest.mark.parametrize(
        ("begin", "more"),
        [
            (GET + b"X: ", b"y" * 4096),
            (GET, b"X: y\r\n" * 1000),
            (b"GET /", b"y" * 4096),
            (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10_000),
            (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"y" * 65_536),
            (POST + b"Transfer-Encoding: chunked\r\n\r\n1;x=", b"y" * 65_536),
        ],
        ids=["header", "headers", "line", "chunks", "trailer", "extension"],
    )
    def test_what_has_no_end_is_refused(
        self, server: EmbeddedServer, address: Address, begin: bytes, more: bytes
    ) -> None:
        with connected(address, begin) as endless:
            with suppress(OSError):
                while not select.select([endless], [], [], 0)[0]:
                    endless.sendall(more)
            assert heard(endless)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413", b"")
        assert_served(server, 1)

    def test_a_header_of_a_megabyte_is_refused_in_words(self, address: Address) -> None:
        reply = answer_to(address, GET + b"X: " + b"y" * 100_000 + b"\r\n\r\n")
        assert reply.startswith(b"HTTP/1.1 400 ")
        assert b"more than 65536 bytes of headers" in reply


class _Connection:
    def __init__(self, address: str, worth: Worth | None) -> None:
        self.address = address
        self._worth = worth
        self.given_up = False

    def worth(self, now: float) -> Worth | None:
        del now
        return self._worth

    def give_up(self) -> None:
        self.given_up = True


class TestTable:
    def test_the_slowest_goes_first_then_who_idles_longest_and_nobody_in_use(self) -> None:
        table = ConnectionTable(4, 4)
        slow, quick = (_Connection("a", Worth(Use.UNFINISHED, rate)) for rate in (1.0, 9.0))
        idle, used = _Connection("b", Worth(Use.IDLE, -5.0)), _Connection("b", None)
        for connection in (used, idle, quick, slow):
            table.add(connection)
        order = []
        while table.make_room("c", 0.0):
            order.append(next(one for one in (slow, quick, idle, used) if one.given_up))
            order[-1].given_up = False
            table.add(_Connection("c", None))
        assert order == [slow, quick, idle]

    def test_one_address_does_not_take_the_room_of_others(self) -> None:
        table = ConnectionTable(4, 2)
        greedy = [_Connection("a", Worth(Use.UNFINISHED, rate)) for rate in (2.0, 1.0)]
        other = _Connection("b", Worth(Use.UNFINISHED, 0.0))
        for connection in (*greedy, other):
            table.add(connection)
        assert table.make_room("a", 0.0)
        assert [one.given_up for one in (*greedy, other)] == [False, True, False]
        table.add(_Connection("a", None))
        greedy[0]._worth = None
        assert not table.make_room("a", 0.0)
        assert table.make_room("b", 0.0)

    def test_what_is_above_the_limits_is_given_up(self) -> None:
        table = ConnectionTable(10, 5)
        many = [_Connection(f"{n % 3}", Worth(Use.IDLE, float(n))) for n in range(21)]
        for connection in many:
            table.add(connection)
        table.enforce(0.0)
        assert len(table) == 10
        assert [one.given_up for one in many[:11]] == [True] * 11

    @pytest.mark.parametrize(
        ("host", "client"),
        [
            ("10.0.0.1", "10.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::1", "::1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
        ],
    )
    def test_whoever_has_many_addresses_is_one_client(self, host: str, client: str) -> None:
        assert client_key(host) == client


def test_a_timeout_that_cannot_be_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="timeout headers_s"):
        Timeouts(headers_s=0)
