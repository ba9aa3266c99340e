"""The fields of a protobuf message, counted before it is parsed.

A parsed message takes far more memory than its bytes: an empty message within it has two of these
and takes about a hundred. So what is large is counted before it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from backend.core.errors import InvalidInput
from backend.wire.elements import Buffer
from backend.wire.protobuf.varint import LENGTH_DELIMITED, read_varint

M = TypeVar("M", bound=Message)

MOST_FIELDS = 4096
"""Most fields of one message of an inference, repeated ones counted one by one: several for each
of the tensors that it may have. A field takes two bytes on the wire and two hundred in memory."""
MAX_INNER_FIELDS = 3_000_000
"""Most fields of a message and of the messages within it, elements of lists of plain values apart:
a picture of 640x480 as a nested list of numbers has 2.8 million."""

_SMALL = 256 * 1024
"""Bytes of a message that needs no counting: parsed it takes some 20 MiB at most."""
_VARINT, _GROUP_BEGINS, _GROUP_ENDS = 0, 3, 4
_FIXED_SIZES = {1: 8, 5: 4}


def fields(data: Buffer, most: int = MOST_FIELDS) -> Iterator[tuple[int, int, int, memoryview]]:
    """Number, wire type, start and content of each field; the content is empty without a length.

    Raises ValueError where there is no field, and InvalidInput after `most` of them.
    """
    view = memoryview(data)
    at = count = 0
    while at < len(view):
        count += 1
        if count > most:
            raise too_many(most)
        start = at
        key, at = read_varint(view, at)
        begin, at = _content(view, at, key & 7)
        if at > len(view):
            raise ValueError(f"field {key >> 3} ends beyond the message")
        yield key >> 3, key & 7, start, view[begin:at]


def last_texts(data: Buffer, numbers: tuple[int, ...]) -> tuple[str, ...]:
    """The strings in these fields of a message that may be broken; '' for one that is not found."""
    found: dict[int, str] = {}
    try:
        for number, _, _, content in fields(data):
            if number in numbers:
                found[number] = bytes(content).decode("utf-8", "replace")
    except (ValueError, InvalidInput):
        pass  # what comes before it has been found
    return tuple(found.get(number, "") for number in numbers)


def check_fields(kind: type[Message], data: Buffer) -> None:
    """Raise InvalidInput for a message of more than MAX_INNER_FIELDS fields.

    What is no such message is left to the parser, which stops at the same place.
    """
    if len(data) < _SMALL:
        return
    left = MAX_INNER_FIELDS
    waiting: list[tuple[Any, memoryview]] = [(kind.DESCRIPTOR, memoryview(data))]
    try:
        while waiting:
            of_kind, view = waiting.pop()
            inner = _inner_messages(of_kind)
            for number, wire_type, _, content in fields(view, left):
                left -= 1
                if number in inner and wire_type == LENGTH_DELIMITED and content:
                    waiting.append((inner[number], content))
    except ValueError:
        return
    except InvalidInput:
        raise too_many(MAX_INNER_FIELDS) from None


@lru_cache(1024)
def _inner_messages(kind: Descriptor) -> Mapping[int, Descriptor]:
    """The fields that hold messages which may themselves hold messages, by their numbers."""
    return {
        field.number: field.message_type
        for field in kind.fields
        if field.message_type is not None
        and any(inner.message_type is not None for inner in field.message_type.fields)
    }


def _content(view: memoryview, at: int, wire_type: int) -> tuple[int, int]:
    """Where the content of a field begins and ends whose key ends at `at`."""
    if wire_type == LENGTH_DELIMITED:
        size, at = read_varint(view, at)
        return at, at + size
    if wire_type == _VARINT:
        end = read_varint(view, at)[1]
        return end, end
    if wire_type in (_GROUP_BEGINS, _GROUP_ENDS):  # what is in a group counts as beside it
        return at, at
    if wire_type in _FIXED_SIZES:
        end = at + _FIXED_SIZES[wire_type]
        return end, end
    raise ValueError(f"wire type {wire_type}")


def too_many(most: int) -> InvalidInput:
    """What is said of a message with more fields than are read."""
    return InvalidInput(
        f"The message has over {most:,} fields, which is more than is read.",
        hint="Send the elements of a tensor in one field.",
    )


def parse(kind: type[M], data: bytes) -> M:
    """The message in these bytes; raises InvalidInput if they are none or have too many fields."""
    check_fields(kind, data)
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise InvalidInput(
            f"{len(data)} bytes are not a message of type {kind.DESCRIPTOR.full_name}: {error}."
        ) from error
