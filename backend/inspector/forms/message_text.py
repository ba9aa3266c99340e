"""The bytes of a message as JSON."""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf import json_format, text_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from backend.core.errors import InvalidInput, ReplyMismatch
from backend.inspector.json_layout import laid_out
from backend.wire.protobuf.fields import check_fields

_GOOGLE = "google.protobuf."
_SHOWN = 200
"""Bytes of a message that cannot be shown as anything else."""


def parsed(body: bytes, kind: Descriptor) -> Message:
    """The message in these bytes; raises ReplyMismatch if they are none, or of too many parts."""
    made = GetMessageClass(kind)
    try:
        check_fields(made, body)
        return made.FromString(body)
    except DecodeError:
        raise ReplyMismatch(
            f"{len(body):,} bytes are not a message of type {kind.full_name}.",
            hint="Look at the bytes: does the server use another schema?",
        ) from None
    except InvalidInput as error:
        raise ReplyMismatch(error.message, "Its bytes can be looked at and saved.") from None


def message_to_value(message: Message, *, editable: bool = False) -> Any:
    """A message as a value of JSON: what is set, and the plain fields that are not.

    `editable` writes bytes that are readable text as {"@text": ...}.
    """
    return _Reader(editable=editable).value(message)


def message_to_json(body: bytes, kind: Descriptor, *, editable: bool = False) -> str:
    """The bytes of a message as indented JSON; raises ReplyMismatch."""
    value = message_to_value(parsed(body, kind), editable=editable)
    return laid_out(value)


class _Reader:
    """Messages to values of JSON."""

    def __init__(self, *, editable: bool) -> None:
        self._editable = editable

    def value(self, message: Any) -> Any:
        """One message."""
        kind: Descriptor = message.DESCRIPTOR
        if kind.full_name == f"{_GOOGLE}BytesValue":
            return self._bytes(message.value)
        if kind.full_name.startswith(_GOOGLE):
            return self._well_known(message)
        return {
            field.name: self._field(field, getattr(message, field.name))
            for field in kind.fields
            if _present(message, field)
        }

    def _well_known(self, message: Any) -> Any:
        try:
            return json_format.MessageToDict(message, descriptor_pool=message.DESCRIPTOR.file.pool)
        except (json_format.Error, TypeError, ValueError, KeyError):
            # Such as an Any of a type that nobody described, or a time out of its range.
            return text_format.MessageToString(message)
        except RecursionError:  # an Any within an Any and so on: protobuf reads each anew
            return str(message.SerializeToString()[:_SHOWN])

    def _field(self, field: FieldDescriptor, value: Any) -> Any:
        if not field.is_repeated:
            return self._one(field, value)
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            of_value = kind.fields_by_name["value"]
            return {_key(key): self._one(of_value, value[key]) for key in value}
        return [self._one(field, item) for item in value]

    def _one(self, field: FieldDescriptor, value: Any) -> Any:
        if field.message_type is not None:
            return self.value(value)
        if field.enum_type is not None:
            named = field.enum_type.values_by_number.get(value)
            return value if named is None else named.name
        if isinstance(value, bytes):
            return self._bytes(value)
        if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        return value

    def _bytes(self, value: bytes) -> Any:
        if self._editable:
            try:
                text = value.decode()
            except UnicodeDecodeError:
                return {"@base64": base64.b64encode(value).decode()}
            if text.isprintable():
                return {"@text": text}
        return base64.b64encode(value).decode()


def _present(message: Any, field: FieldDescriptor) -> bool:
    if field.has_presence:
        return bool(message.HasField(field.name))
    return not field.is_repeated or bool(len(getattr(message, field.name)))


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
