"""The order in which a stream reads, answers and ends, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import grpc
import pytest

from backend.server.grpc.stream import (
    DEPTH,
    Begin,
    Context,
    Later,
    Replies,
    StreamOver,
    serve_stream,
)


class _Call:
    """A client's messages, and what was written to it; it takes an answer when `taking` is set."""

    def __init__(self, messages: Sequence[bytes]) -> None:
        self._messages = list(messages)
        self.read_count = 0
        self.written: list[bytes] = []
        self.taking = asyncio.Event()
        self.taking.set()
        self._writes = 0

    async def read(self) -> Any:
        await asyncio.sleep(0)
        if not self._messages:
            return grpc.aio.EOF  # type: ignore[attr-defined]  # missing from the stubs
        self.read_count += 1
        return self._messages.pop(0)

    async def write(self, reply: bytes) -> None:
        self._writes += 1
        assert self._writes == 1, "gRPC takes one at a time"
        await self.taking.wait()
        self.written.append(reply)
        self._writes -= 1


async def _never() -> None:
    await asyncio.Event().wait()


async def _serve(call: _Call, begin: Begin) -> bool:
    return await serve_stream(cast("Context", call), begin, _never)


def _served(messages: Sequence[bytes], begin: Begin) -> list[bytes]:
    async def run() -> list[bytes]:
        call = _Call(messages)
        assert await _serve(call, begin)
        return call.written

    return asyncio.run(run())


async def _soon(reply: bytes, turns: int) -> bytes:
    for _ in range(turns):
        await asyncio.sleep(0)
    return reply


def test_answers_leave_in_the_order_of_their_messages_however_long_they_take() -> None:
    def begin(message: bytes) -> Replies | Later:
        match message[0] % 3:
            case 0:
                return _soon(message, 9)
            case 1:
                return message
        return Later(_begun(message))

    async def _begun(message: bytes) -> Replies:
        await asyncio.sleep(0)
        return message

    messages = [bytes([number]) for number in range(100)]
    assert _served(messages, begin) == messages


def test_the_next_messages_are_read_while_an_answer_is_written_but_not_too_many() -> None:
    async def run() -> None:
        call = _Call([b"m"] * (3 * DEPTH))
        call.taking.clear()
        serving = asyncio.create_task(_serve(call, lambda message: message))
        for _ in range(20 * DEPTH):
            await asyncio.sleep(0)
        assert (call.read_count, call.written) == (DEPTH, [])
        call.taking.set()
        assert await serving
        assert len(call.written) == 3 * DEPTH

    asyncio.run(run())


@pytest.mark.parametrize("later", [False, True])
def test_what_came_before_an_error_that_ends_the_stream_is_answered_first(later: bool) -> None:
    async def failing() -> Replies:
        raise StreamOver(ValueError("no more"))

    def begin(message: bytes) -> Replies | Later:
        if message != b"bad":
            return message
        if later:
            return Later(failing())
        raise StreamOver(ValueError("no more"))

    async def run() -> None:
        call = _Call([b"1", b"2", b"bad", b"3"])
        call.taking.clear()
        serving = asyncio.create_task(_serve(call, begin))
        for _ in range(50):
            await asyncio.sleep(0)
        call.taking.set()
        with pytest.raises(StreamOver, match="no more"):
            await serving
        assert call.written == [b"1", b"2"]

    asyncio.run(run())
