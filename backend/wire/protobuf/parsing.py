"""Protobuf messages from bytes that may hold anything."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from backend.core.errors import InvalidInput
from backend.wire.protobuf.fields import check_fields

M = TypeVar("M", bound=Message)


def parse(kind: type[M], data: bytes) -> M:
    """The message in these bytes; raises InvalidInput if they are none or have too many fields."""
    check_fields(kind, data)
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise InvalidInput(
            f"{len(data)} bytes are not a message of type {kind.DESCRIPTOR.full_name}: {error}."
        ) from error
