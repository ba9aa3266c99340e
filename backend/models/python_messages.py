"""How the server and a Python model's process talk: messages with tensors over a pair of pipes.

A message is a prefix (kind, length of the body, number of buffers), the length of each buffer, the
body as JSON, and the buffers. Tensors are described in the body; their elements are the buffers,
written from where they lie and read into memory of their own, so that each is copied once by
each side. Standard library and numpy only: the model's process imports this.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import sys
import threading
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backend.core.tensors import Array, Tensor, datatype_from_name
from backend.wire.elements import Buffer, Place, from_raw, to_raw

_PREFIX = struct.Struct("<BxxxIQ")
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


class Message(NamedTuple):
    """One message as it was read."""

    kind: Kind
    body: Body
    buffers: list[Array]


class MessagePipe:
    """Both directions of one conversation.

    Any thread may send; one thread at a time receives.
    """

    def __init__(self, reader: io.FileIO, writer: io.FileIO) -> None:
        self._reader = reader
        self._writer = writer
        self._sending = threading.Lock()
        _widen(reader.fileno())
        _widen(writer.fileno())

    def send(self, kind: Kind, body: Body, buffers: Sequence[Buffer] = ()) -> None:
        """Write one message; raises OSError if nobody reads any more."""
        text = json.dumps(body).encode()
        sizes = struct.pack(f"<{len(buffers)}Q", *(len(buffer) for buffer in buffers))
        head = _PREFIX.pack(kind, len(text), len(buffers)) + sizes + text
        pieces = [head, *(buffer for buffer in buffers if len(buffer))]
        with self._sending:
            for start in range(0, len(pieces), _MOST_PIECES):
                _write(self._writer, pieces[start : start + _MOST_PIECES])

    def receive(self) -> Message:
        """Read one message; raises EOFError if nobody writes any more."""
        kind, text_size, count = _PREFIX.unpack(self._read(_PREFIX.size).data)
        rest = self._read(8 * count + text_size).tobytes()
        sizes = struct.unpack_from(f"<{count}Q", rest)
        body: Body = json.loads(rest[8 * count :])
        return Message(Kind(kind), body, [self._read(size) for size in sizes])

    def close(self) -> None:
        """Close both ends; nobody may be sending or receiving."""
        for end in (self._reader, self._writer):
            with contextlib.suppress(OSError):
                end.close()

    def fileno_pair(self) -> tuple[int, int]:
        """The descriptors, for those who must not inherit them."""
        return self._reader.fileno(), self._writer.fileno()

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
            Place(role, one["name"], model),
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
