"""Messages whose last field holds the big buffers, written and read without copying these twice.

Protobuf copies a raw tensor when it is put into a message and again when the message is written,
and likewise on the way back. The raw contents are the field with the highest number in both
messages of an inference, so they stand at the end: the rest is left to protobuf, the buffers are
appended in one join, and on receipt the message is split where they begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from google.protobuf.message import Message

from backend.core.errors import InvalidInput
from backend.wire.elements import Buffer
from backend.wire.messages import parse
from backend.wire.varint import LENGTH_DELIMITED, end_of_field, field_head, read_varint

_M = TypeVar("_M", bound=Message)

MOST_FIELDS = 4096
"""Most fields of one message, repeated ones counted one by one: several for each of the tensors
that a message may have. A field takes two bytes on the wire and two hundred in memory."""

_GROUPS = (3, 4)


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

    A message in any other order is read by protobuf alone. Raises InvalidInput if it is none, or
    has more than MOST_FIELDS.
    """
    found = _split(memoryview(data), number)
    if found is None:
        check_fields(data)
        message = parse(kind, bytes(data))
        return message, getattr(message, name)
    begin, buffers = found
    return parse(kind, bytes(data[:begin])), buffers


def only_field(data: Buffer, number: int) -> memoryview | None:
    """The content of field `number` if the message is that field, once, and nothing else."""
    view = memoryview(data)
    try:
        fields = list(islice(length_delimited(view), 2))
    except ValueError:
        return None
    if len(fields) != 1 or fields[0][0] != number:
        return None
    return fields[0][2]


def check_fields(data: Buffer, inside: int = 0) -> None:
    """Raise InvalidInput for a message with more than MOST_FIELDS, those of its field `inside`
    among them, before protobuf makes objects of them."""
    if _count_fields(memoryview(data), inside) > MOST_FIELDS:
        raise _too_many()


def _count_fields(view: memoryview, inside: int) -> int:
    """How many fields there are up to MOST_FIELDS, or up to where the message is damaged."""
    at = count = 0
    try:
        while at < len(view) and count <= MOST_FIELDS:
            key, at = read_varint(view, at)
            # A group has no length: what it holds is counted like the rest.
            end = at if key & 7 in _GROUPS else end_of_field(view, at, key & 7)
            count += 1
            if key == inside << 3 | LENGTH_DELIMITED:
                count += _count_fields(view[read_varint(view, at)[1] : end], 0)
            at = end
    except ValueError:
        pass  # protobuf says what is wrong
    return count


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
    """Number, start and content of each field; raises ValueError for one without a length, and
    InvalidInput after MOST_FIELDS."""
    at = count = 0
    while at < len(view):
        count += 1
        if count > MOST_FIELDS:
            raise _too_many()
        start = at
        key, at = read_varint(view, at)
        if key & 7 != LENGTH_DELIMITED:
            raise ValueError(f"field {key >> 3} has no length")
        size, at = read_varint(view, at)
        if at + size > len(view):
            raise ValueError(f"field {key >> 3} ends beyond the message")
        yield key >> 3, start, view[at : at + size]
        at += size


def _too_many() -> InvalidInput:
    return InvalidInput(f"The message has more than {MOST_FIELDS:,} fields; no request needs that.")
