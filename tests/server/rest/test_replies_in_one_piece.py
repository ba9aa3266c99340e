"""The head of a reply leaves with its body, in one call of the system."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.server.rest.uvicorn_compat import Config, ServerState, UvicornProtocol

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"


class _Recording(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def _answered(app: ASGIApp, method: str = "POST", headers: str = "") -> _Recording:
    """The connection after a request was answered by `app`."""

    async def answer() -> _Recording:
        config = Config(app, lifespan="off", log_config=None, log_level=100, server_header=False)
        config.load()
        state, transport = ServerState(), _Recording()
        protocol = UvicornProtocol(config, state, asyncio.get_running_loop())
        protocol.connection_made(transport)
        protocol.data_received(
            f"{method} /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n{headers}\r\nab".encode()
        )
        await asyncio.wait(tuple(state.tasks))
        protocol.connection_lost(None)
        return transport

    return asyncio.run(answer())


def _giving(size: int) -> ASGIApp:
    return Response(b"x" * size)


@pytest.mark.parametrize("size", [0, 1, 64 * 1024])
def test_a_small_reply_is_written_at_once(size: int) -> None:
    assert _answered(_giving(size)).written == [_HEAD % size + b"x" * size]


def test_a_large_reply_is_not_copied() -> None:
    size = 64 * 1024 + 1
    assert _answered(_giving(size)).written == [_HEAD % size, b"x" * size]


def test_a_reply_without_a_body_is_written() -> None:
    assert _answered(_giving(5), "HEAD").written == [_HEAD % 5]


def test_word_to_go_on_does_not_wait_for_the_reply() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await Response(body)(scope, receive, send)

    written = _answered(echo, headers="Expect: 100-continue\r\n").written
    assert written[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert b"".join(written[1:]) == _HEAD % 2 + b"ab"


def test_the_pieces_of_a_body_follow_in_order() -> None:
    async def pieces(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece, more in ((b"one", True), (b"two", True), (b"", False)):
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    written = _answered(pieces).written
    assert b"".join(written).endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert written[0].startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_reply_that_breaks_off_has_its_head() -> None:
    async def fail(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    transport = _answered(fail)
    assert transport.closed
    assert b"".join(transport.written).startswith(b"HTTP/1.1 200 OK\r\n")
