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
from backend.wire.protobuf.fields import MOST_FIELDS, fields, parse, too_many
from backend.wire.protobuf.varint import LENGTH_DELIMITED, field_head

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

    A message in any other order is read by protobuf alone. Raises InvalidInput if it is none, or
    has more than MOST_FIELDS.
    """
    found = _split(memoryview(data), number)
    if found is None:
        check_number_of_fields(data)
        message = parse(kind, bytes(data))
        return message, getattr(message, name)
    begin, buffers = found
    return parse(kind, bytes(data[:begin])), buffers


def only_field(data: Buffer, number: int) -> memoryview | None:
    """The content of field `number` if the message is that field, once, and nothing else."""
    try:
        found = list(islice(fields(data), 2))
    except ValueError:
        return None
    if len(found) != 1 or found[0][:2] != (number, LENGTH_DELIMITED):
        return None
    return found[0][3]


def check_number_of_fields(data: Buffer, inside: int = 0) -> None:
    """Raise InvalidInput for a message with more than MOST_FIELDS, those of its field `inside`
    among them, before protobuf makes objects of them."""
    count = 0
    try:
        for number, wire_type, _, content in fields(data):
            count += 1
            if number == inside and wire_type == LENGTH_DELIMITED:
                count += sum(1 for _ in fields(content))
            if count > MOST_FIELDS:
                raise too_many(MOST_FIELDS)
    except ValueError:
        return  # protobuf says what is wrong


def size_without(data: Buffer, number: int) -> int:
    """Bytes of a message without its last fields of that number; all of it in any other order."""
    try:
        found = _split(memoryview(data), number)
    except InvalidInput:
        return len(data)
    return len(data) if found is None else found[0]


def _split(view: memoryview, number: int) -> tuple[int, list[memoryview]] | None:
    """Where field `number` begins and its entries, or None if other fields come after it."""
    begin = len(view)
    buffers: list[memoryview] = []
    in_order = True
    try:
        for field, wire_type, start, content in fields(view):
            if field == number:
                begin = min(begin, start)
                buffers.append(content)
            in_order &= wire_type == LENGTH_DELIMITED and (field == number or not buffers)
    except ValueError:
        return None
    return (begin, buffers) if in_order else None


def length_delimited(view: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Number, start and content of each field; raises ValueError for one without a length."""
    for number, wire_type, start, content in fields(view):
        if wire_type != LENGTH_DELIMITED:
            raise ValueError(f"field {number} has no length")
        yield number, start, content
