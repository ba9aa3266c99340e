"""Compressed bodies that are made to be slow or large to unpack."""

from __future__ import annotations

import gzip
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.clients.calls import RestCall
from backend.clients.rest_channel import RestChannel
from backend.core.errors import InvalidInput, PayloadTooLarge, ReplyMismatch
from backend.core.target import DEFAULT_MESSAGE_LIMIT
from backend.wire.inflating import ANY_BITS, GZIP_BITS, MAX_MEMBERS, inflated
from tests.attacks.growth import assert_linear, cost_of

_EMPTY = gzip.compress(b"")
_FLUSH = b"\x00\x00\x00\xff\xff"
"""A stored block of nothing."""
_MEMBER = gzip.compress(b"x" * 20)


def _inflating(body: Callable[[int], bytes]) -> Callable[[int], Callable[[], object]]:
    def with_size(size: int) -> Callable[[], object]:
        data = body(size)

        def inflate() -> object:
            try:
                return inflated(data, "gzip", ANY_BITS, DEFAULT_MESSAGE_LIMIT)
            except (InvalidInput, PayloadTooLarge) as error:
                return error

        return inflate

    return with_size


@pytest.mark.parametrize(
    "body",
    [
        lambda n: _EMPTY * (n // len(_EMPTY)),
        lambda n: _MEMBER * (n // len(_MEMBER)),
        lambda n: zlib.compress(b"", 0)[:2] + _FLUSH * (n // 5),
        lambda n: _EMPTY + b"\0" * n,
        lambda n: _EMPTY[:3] + b"\x08" + _EMPTY[4:10] + b"n" * n,  # a name without an end
    ],
    ids=["empty members", "small members", "empty blocks", "zeros after it", "endless name"],
)
def test_inflating_is_linear(body: Callable[[int], bytes]) -> None:
    assert_linear(_inflating(body), 50_000, seconds=5, peak_bytes_per_byte=8)


def test_the_largest_body_of_empty_members_is_refused_at_once() -> None:
    body = _EMPTY * (DEFAULT_MESSAGE_LIMIT // len(_EMPTY))
    with pytest.raises(InvalidInput, match="over 10,000 members"):
        inflated(body, "gzip", GZIP_BITS, DEFAULT_MESSAGE_LIMIT)


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    limit = 16 << 20
    bomb = gzip.compress(bytes(256 << 20), 1)

    def inflate() -> None:
        with pytest.raises(PayloadTooLarge):
            inflated(bomb, "gzip", GZIP_BITS, limit)

    assert cost_of(inflate).peak_bytes < 3 * limit


def test_members_up_to_the_limit_are_one_body() -> None:
    parts = [b"first", b"", b"x" * 200_000]
    body = b"".join(gzip.compress(part) for part in parts)
    assert inflated(body, "gzip", GZIP_BITS, 1 << 20) == b"".join(parts)
    assert inflated(_MEMBER * MAX_MEMBERS, "gzip", GZIP_BITS, 1 << 20) == b"x" * 20 * MAX_MEMBERS
    assert inflated(zlib.compress(b"x"), "deflate", ANY_BITS, 1) == b"x"


def test_what_is_damaged_or_cut_short_is_said() -> None:
    with pytest.raises(InvalidInput, match="cut short"):
        inflated(_MEMBER + _MEMBER[:-1], "gzip", GZIP_BITS, 100)
    with pytest.raises(InvalidInput, match="not valid gzip"):
        inflated(_MEMBER + b"garbage", "gzip", GZIP_BITS, 100)
    with pytest.raises(PayloadTooLarge):
        inflated(_MEMBER, "gzip", GZIP_BITS, 19)


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_who_keeps_the_error_keeps_no_part_of_the_body(damage: bytes) -> None:
    size = 8 << 20
    body = bytearray(gzip.compress(bytes(size), 1)[: None if damage else -1] + damage)

    def kept() -> int:
        with pytest.raises(InvalidInput) as failed:
            inflated(body, "gzip", GZIP_BITS, size)
        body.append(0)  # nothing looks at it any more
        body.pop()
        frames = [frame for frame, _ in traceback.walk_tb(failed.value.__traceback__)]
        values = [value for frame in frames for value in frame.f_locals.values()]
        parts = [part for value in values if isinstance(value, list) for part in value]
        return sum(len(part) for part in (*values, *parts) if isinstance(part, bytes))

    assert kept() < size // 4


@contextmanager
def _replying(coding: str, body: bytes) -> Iterator[RestChannel]:
    """A channel to a server that answers every GET with this body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", coding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        url = f"http://127.0.0.1:{server.server_port}"
        channel = RestChannel(url, message_limit=1 << 20, loopback=True)
        try:
            yield channel
        finally:
            channel.close()
            server.shutdown()
            serving.join()


def test_a_clients_reply_of_many_members_is_one_body_within_the_same_limits() -> None:
    call = RestCall("/", {}, method="GET")
    with _replying("gzip", _MEMBER * 3) as channel:
        assert channel.send(call, deadline_s=30).body == b"x" * 60
    with (
        _replying("gzip", _EMPTY * (MAX_MEMBERS + 1)) as channel,
        pytest.raises(ReplyMismatch, match="over 10,000 members"),
    ):
        channel.send(call, deadline_s=30)
    with (
        _replying("gzip", gzip.compress(bytes(2 << 20))) as channel,
        pytest.raises(PayloadTooLarge),
    ):
        channel.send(call, deadline_s=30)
    with _replying("br", b"?") as channel, pytest.raises(ReplyMismatch, match="'br'"):
        channel.send(call, deadline_s=30)
