"""Messages whose last field holds the big buffers, written and read without copying these twice.

Protobuf copies a raw tensor when it is put into a message and again when the message is written,
and likewise on the way back. The raw contents are the field with the highest number in both
messages of an inference, so they stand at the end: the rest is left to protobuf, the buffers are
appended in one join, and on receipt the message is split where they begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from backend.wire.elements import Buffer
from backend.wire.messages import parse
from backend.wire.varint import LENGTH_DELIMITED, field_head, read_varint

_M = TypeVar("_M", bound=Message)


def write_pieces(message: Message, number: int, buffers: Iterable[Buffer]) -> list[Buffer]:
    """The pieces of the message with `buffers` as its repeated bytes field `number`.

    Joined they are, byte for byte, what protobuf writes if `number` is the highest of the fields.
    """
    pieces: list[Buffer] = [message.SerializeToString()]
    for buffer in buffers:
        pieces += (field_head(number, len(buffer)), buffer)
    return pieces


def read_with_buffers(
    kind: type[_M], data: Buffer, number: int, name: str
) -> tuple[_M, Sequence[Buffer]]:
    """The message without its repeated bytes field `number`, called `name`, and that field's
    entries as views of `data`.

    A message in any other order is read by protobuf alone. Raises InvalidInput if it is none.
    """
    found = _split(memoryview(data), number)
    if found is None:
        message = parse(kind, bytes(data))
        return message, getattr(message, name)
    begin, buffers = found
    return parse(kind, bytes(data[:begin])), buffers


def only_field(data: Buffer, number: int) -> memoryview | None:
    """The content of field `number` if the message is that field, once, and nothing else."""
    view = memoryview(data)
    try:
        fields = list(length_delimited(view))
    except ValueError:
        return None
    if len(fields) != 1 or fields[0][0] != number:
        return None
    return fields[0][2]


def _split(view: memoryview, number: int) -> tuple[int, list[memoryview]] | None:
    """Where field `number` begins and its entries, or None if other fields come after it."""
    begin = len(view)
    buffers: list[memoryview] = []
    try:
        for field, start, content in length_delimited(view):
            if field == number:
                begin = min(begin, start)
                buffers.append(content)
            elif buffers:
                return None
    except ValueError:
        return None
    return begin, buffers


def length_delimited(view: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Number, start and content of each field; raises ValueError for one without a length."""
    at = 0
    while at < len(view):
        start = at
        key, at = read_varint(view, at)
        if key & 7 != LENGTH_DELIMITED:
            raise ValueError(f"field {key >> 3} has no length")
        size, at = read_varint(view, at)
        if at + size > len(view):
            raise ValueError(f"field {key >> 3} ends beyond the message")
        yield key >> 3, start, view[at : at + size]
        at += size
