"""How the server and a Python model's process talk: messages with tensors over a pair of pipes.

A message is a prefix (kind, length of the body, number of buffers, number of places), the length
and place of each buffer, the places in shared memory that are free again, the body as JSON, and
the buffers that have no place there. Tensors are described in the body; their elements are the
buffers. Standard library and numpy only: the model's process imports this.
"""

from __future__ import annotations

import contextlib
import io
import json
import mmap
import os
import struct
import sys
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backend.core.tensors import Array, Tensor, datatype_from_name
from backend.models.runtimes.python_pipe.memory import SMALLEST, BufferArea, Reader
from backend.wire.elements import Buffer, TensorRef, from_raw, to_raw

_PREFIX = struct.Struct("<BxxxIII")
_NOWHERE = (1 << 64) - 1
"""The place of a buffer that follows in the pipe."""
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031
"""``F_SETPIPE_SZ``; the fcntl module names it from Python 3.10 on, on Linux only."""
_MOST_PIECES = 512
"""Buffers in one system call; every system takes this many."""

Body: TypeAlias = dict[str, Any]


class Kind(IntEnum):
    """What a message is about, and who sends it."""

    SETUP = 1
    """To the model: load, and either initialize or complete the configuration."""
    EXECUTE = 2
    """To the model: a batch of requests."""
    ANSWER = 3
    """To the model: whether a request is cancelled."""
    FINALIZE = 4
    """To the model: finish and end."""
    RESULT = 5
    """To the model: a response to what it asked another model."""
    READY = 16
    """From the model: set up."""
    FAILED = 17
    """From the model: it could not be set up."""
    RESPONSES = 18
    """From the model: responses to requests."""
    DONE = 19
    """From the model: `execute` has returned, with the last responses."""
    QUESTION = 20
    """From the model: is this request cancelled?"""
    CALL = 21
    """From the model: a request to another model."""


class Message(NamedTuple):
    """One message as it was read."""

    kind: Kind
    body: Body
    buffers: list[Array]


class MessagePipe:
    """Both directions of one conversation.

    Any thread may send; one thread at a time receives.
    """

    def __init__(
        self,
        reader: io.FileIO,
        writer: io.FileIO,
        memory: tuple[mmap.mmap, mmap.mmap] | None = None,
    ) -> None:
        """`memory` is what the other side fills and what this side fills, if there is any."""
        self._reader = reader
        self._writer = writer
        self._taken = None if memory is None else Reader(memory[0])
        self._shelf = None if memory is None else BufferArea(memory[1])
        self._freed: deque[int] = deque()
        self._sending = threading.Lock()
        _widen(reader.fileno())
        _widen(writer.fileno())

    def send(self, kind: Kind, body: Body, buffers: Sequence[Buffer] = ()) -> None:
        """Write one message; raises OSError if nobody reads any more."""
        # A string of a model's may be none that UTF-8 can express.
        text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        with self._sending:
            where: list[int] = []
            for buffer in buffers:
                where += (len(buffer), self._put(buffer))
            free = [] if self._taken is None else self._taken.finished()
            numbers = (*where, *free)
            pieces: list[Buffer] = [
                _PREFIX.pack(kind, len(text), len(buffers), len(free))
                + struct.pack(f"<{len(numbers)}Q", *numbers)
                + text
            ]
            for buffer, place in zip(buffers, where[1::2], strict=True):
                if place == _NOWHERE and len(buffer):
                    pieces.append(buffer)
            for start in range(0, len(pieces), _MOST_PIECES):
                _write(self._writer, pieces[start : start + _MOST_PIECES])

    def receive(self) -> Message:
        """Read one message; raises EOFError if nobody writes any more, or nothing readable."""
        try:
            return self._message()
        except (ValueError, MemoryError, RecursionError) as error:
            raise EOFError from error

    def _message(self) -> Message:
        kind, text_size, count, free = _PREFIX.unpack(self._read(_PREFIX.size).data)
        numbers_size = 8 * (2 * count + free)
        rest = self._read(numbers_size + text_size).tobytes()
        numbers = struct.unpack_from(f"<{2 * count + free}Q", rest)
        body: Body = json.loads(rest[numbers_size:])
        if free and self._shelf is not None:
            self._freed.extend(numbers[2 * count :])
        sizes, places = numbers[0 : 2 * count : 2], numbers[1 : 2 * count : 2]
        buffers = [self._take(*one) for one in zip(sizes, places, strict=True)]
        return Message(Kind(kind), body, buffers)

    def close(self) -> None:
        """Close both ends; nobody may be sending or receiving."""
        for end in (self._reader, self._writer):
            with contextlib.suppress(OSError):
                end.close()

    def _put(self, buffer: Buffer) -> int:
        """The place of a buffer in the shared memory, or that it has none."""
        if self._shelf is None or len(buffer) < SMALLEST:
            return _NOWHERE
        while self._freed:
            self._shelf.free((self._freed.popleft(),))
        place = self._shelf.put(buffer)
        return _NOWHERE if place is None else place

    def _take(self, size: int, place: int) -> Array:
        if place == _NOWHERE or self._taken is None:
            return self._read(size)
        return self._taken.take(place, size)

    def _read(self, size: int) -> Array:
        buffer = np.empty(size, np.uint8)
        view = buffer.data
        at = 0
        while at < size:
            got = self._reader.readinto(view[at:])
            if not got:
                raise EOFError
            at += got
        return buffer


def describe_tensors(tensors: Iterable[Tensor]) -> tuple[list[Body], list[Buffer]]:
    """Tensors as the part of a body and the buffers that belong to it."""
    described: list[Body] = []
    buffers: list[Buffer] = []
    for tensor in tensors:
        described.append(
            {"name": tensor.name, "datatype": tensor.datatype.value, "shape": tensor.shape}
        )
        buffers.append(to_raw(tensor))
    return described, buffers


def read_tensors(
    described: Iterable[Body], buffers: Iterable[Array], role: str, model: str
) -> list[Tensor]:
    """The tensors of a body, each taking the next of the buffers as its memory."""
    return [
        from_raw(
            buffer.data,
            datatype_from_name(one["datatype"]),
            one["shape"],
            TensorRef(role, one["name"], model),
        )
        for one, buffer in zip(described, buffers, strict=False)
    ]


if sys.platform == "win32":

    def _widen(_descriptor: int) -> None:
        """Pipes grow as needed there."""

    def _write(writer: io.FileIO, pieces: list[Buffer]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[writer.write(view) or 0 :]

else:

    def _widen(descriptor: int) -> None:
        """A frame then takes a turn or two instead of fifteen; only Linux can."""
        if sys.platform == "linux":
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.fcntl(descriptor, _SET_PIPE_SIZE, _PIPE_BYTES)

    def _write(writer: io.FileIO, pieces: list[Buffer]) -> None:
        views = [memoryview(piece) for piece in pieces]
        while views:
            written = os.writev(writer.fileno(), views)
            while views and written >= len(views[0]):
                written -= len(views.pop(0))
            if written:
                views[0] = views[0][written:]
