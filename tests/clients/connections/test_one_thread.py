"""Several REST calls at once by one thread."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from backend.clients.codecs import RestCall, RestReply
from backend.clients.connections.rest import OneThreadRest, RestConnection
from backend.core.errors import ConsoleError, DeadlineExceeded, TargetUnreachable
from backend.core.target import Target
from backend.core.traffic import Transfer
from tests.clients.connections.test_direct_calls import _Server, _target, server  # noqa: F401

_WAIT_S = 60.0


def over(calls: OneThreadRest, count: int) -> dict[int, RestReply | ConsoleError]:
    """The next that are over, by their numbers."""
    found: dict[int, RestReply | ConsoleError] = {}
    while len(found) < count:
        found.update(calls.wait(_WAIT_S))
    return found


@pytest.fixture
def calls(server: _Server) -> Iterator[OneThreadRest]:  # noqa: F811
    with closing(RestConnection(_target(server))) as connection:
        made = OneThreadRest(connection, _WAIT_S)
        with closing(made):
            yield made


def test_calls_under_way_at_once_each_have_a_connection_which_is_kept(
    calls: OneThreadRest,
    server: _Server,  # noqa: F811
) -> None:
    for _ in range(3):
        transfers = [Transfer() for _ in range(4)]
        for number, transfer in enumerate(transfers):
            calls.begin(number, RestCall("/kept", {}, b"%d" % number * 1000), transfer)
        replies = over(calls, 4)
        for number, transfer in enumerate(transfers):
            reply = replies[number]
            assert isinstance(reply, RestReply)
            assert bytes(reply.body) == b"%d" % number * 1000
            assert 0 < transfer.sent_ns <= transfer.replied_ns <= transfer.received_ns
            assert transfer.traffic.wire_out > 1000
    assert len(server.clients) == 4


def test_a_connection_that_the_server_closes_is_opened_again(
    calls: OneThreadRest,
    server: _Server,  # noqa: F811
) -> None:
    for path in ("/kept", "/closed", "/kept"):
        calls.begin(0, RestCall(path, {}, b"ab"), Transfer())
        reply = over(calls, 1)[0]
        assert isinstance(reply, RestReply)
        assert reply.body == b"ab"
    assert len(server.clients) == 2


def test_a_reply_that_breaks_off_is_an_error_and_the_next_call_goes_on(
    calls: OneThreadRest,
) -> None:
    calls.begin(0, RestCall("/short", {}, b"ab"), Transfer())
    assert isinstance(over(calls, 1)[0], ConsoleError)
    calls.begin(0, RestCall("/kept", {}, b"ab"), Transfer())
    assert isinstance(over(calls, 1)[0], RestReply)


def test_a_server_that_is_not_there_or_says_nothing_is_said() -> None:
    with closing(RestConnection(Target("t", rest="http://127.0.0.1:9"))) as connection:
        nowhere = OneThreadRest(connection, _WAIT_S)
        nowhere.begin(0, RestCall("/", {}, b""), Transfer())
        assert isinstance(over(nowhere, 1)[0], TargetUnreachable)
        nowhere.close()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with closing(RestConnection(Target("t", rest=address))) as connection:
            late = OneThreadRest(connection, 0.05)
            late.begin(0, RestCall("/", {}, b"x"), Transfer())
            found: dict[int, RestReply | ConsoleError] = {}
            while not found:
                found.update(late.wait(0.05))
            assert isinstance(found[0], DeadlineExceeded | TargetUnreachable)
            late.close()
