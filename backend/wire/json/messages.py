"""Protobuf messages as the JSON objects of the protocol's REST side.

Unlike protobuf's own JSON, names stay as they are in the message, numbers of 64 bits are numbers,
and fields without presence are always there. Messages and choices that are not set are left out.
"""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf.message import Message


def message_to_json(message: Message) -> dict[str, Any]:
    """The message as an object that JSON can hold."""
    return {
        field.name: _field(field, getattr(message, field.name))
        for field in message.DESCRIPTOR.fields
        if not field.has_presence or message.HasField(field.name)
    }


def _field(field: Any, value: Any) -> Any:
    if not field.is_repeated:
        return _one(field, value)
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        of_entry = kind.fields_by_name["value"]
        return {str(key): _one(of_entry, value[key]) for key in value}
    return [_one(field, item) for item in value]


def _one(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return message_to_json(value)
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(value)
        return value if named is None else named.name
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
