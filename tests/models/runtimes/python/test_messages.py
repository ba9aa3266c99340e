"""Messages between the server and a Python model's process arrive whole, however large."""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.models.runtimes.python_pipe.memory import SMALLEST, BufferArea, Reader
from backend.models.runtimes.python_pipe.messages import Kind, Message, MessagePipe


@contextmanager
def conversation(shared_bytes: int = 0) -> Iterator[tuple[MessagePipe, MessagePipe]]:
    """Both ends, with that much memory in each direction."""
    first_in, second_out = os.pipe()
    second_in, first_out = os.pipe()
    there = here = None
    if shared_bytes:
        one, other = mmap.mmap(-1, shared_bytes), mmap.mmap(-1, shared_bytes)
        there, here = (one, other), (other, one)
    first = MessagePipe(io.FileIO(first_in, "rb"), io.FileIO(first_out, "wb"), there)
    second = MessagePipe(io.FileIO(second_in, "rb"), io.FileIO(second_out, "wb"), here)
    try:
        yield first, second
    finally:
        first.close()
        second.close()


def across(sender: MessagePipe, reader: MessagePipe, *buffers: bytes) -> Message:
    """Send while the other side reads, as a pipe holds little."""
    sending = threading.Thread(target=sender.send, args=(Kind.EXECUTE, {"a": "æ"}, buffers))
    sending.start()
    try:
        return reader.receive()
    finally:
        sending.join()


@pytest.mark.parametrize("shared_bytes", [0, 1 << 20])
@pytest.mark.parametrize(
    "sizes",
    [(), (0,), (1, 0, 2), (SMALLEST - 1, SMALLEST, SMALLEST + 1), (3 << 20, 5), (7,) * 1500],
)
def test_a_message_arrives_as_it_was_sent(sizes: tuple[int, ...], shared_bytes: int) -> None:
    random = np.random.default_rng(1)
    buffers = [random.bytes(size) for size in sizes]
    with conversation(shared_bytes) as (first, second):
        for sender, reader in ((first, second), (second, first)):
            message = across(sender, reader, *buffers)
            assert (message.kind, message.body) == (Kind.EXECUTE, {"a": "æ"})
            assert [buffer.tobytes() for buffer in message.buffers] == buffers


def test_what_is_kept_is_never_written_over() -> None:
    kept: list[Message] = []
    with conversation(4 * SMALLEST) as (first, second):
        for number in range(9):
            kept.append(across(first, second, bytes([number]) * SMALLEST))
            across(second, first)
    for number, message in enumerate(kept):
        assert set(message.buffers[0].tolist()) == {number}


def test_a_place_is_free_again_when_nobody_looks_at_it() -> None:
    memory = mmap.mmap(-1, 4 * SMALLEST)
    shelf, reader = BufferArea(memory), Reader(memory)
    places = [shelf.put(b"x" * SMALLEST) for _ in range(4)]
    assert None not in places
    assert shelf.put(b"y" * SMALLEST) is None
    array = reader.take(SMALLEST, SMALLEST)
    view = array[12:].view(np.uint32)[::2]
    del array
    assert reader.finished() == []
    del view
    assert reader.finished() == [SMALLEST]
    shelf.free([SMALLEST])
    assert shelf.put(b"y" * SMALLEST) == SMALLEST


def test_the_end_of_the_other_side_is_noticed() -> None:
    with conversation() as (first, second):
        first.close()
        with pytest.raises(EOFError):
            second.receive()
        with pytest.raises(OSError, match="Broken pipe"):
            second.send(Kind.DONE, {})


@given(st.binary(max_size=200))
def test_what_is_no_message_ends_the_conversation(garbage: bytes) -> None:
    with conversation(1 << 16) as (first, second):
        first._writer.write(garbage)
        first.close()
        with contextlib.suppress(EOFError):
            while True:
                second.receive()
