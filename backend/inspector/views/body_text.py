"""Bodies as text, up to 5 MB of it: protobuf's text form, and JSON with its lists laid out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from backend.core.errors import InvalidInput, mebibytes
from backend.wire.json.text import read_json

MAX_TEXT = 5 * 1024 * 1024
"""Most characters that are written."""

_INDENT = "  "
_IN_A_LINE = 16
_BYTES_IN_A_LINE = 256
_SCALARS = frozenset((int, float, bool, str, type(None)))
_BRIEF = 64
"""Longest text of a list's element that shares its line with others."""


@dataclass(frozen=True, slots=True)
class BodyText:
    """Text, and if it is not the whole a note that says so."""

    text: str
    note: str = ""


def body_text(body: bytes | memoryview) -> BodyText:
    """A body of REST: JSON laid out if it is JSON and not above 5 MB, else as it is."""
    if len(body) <= MAX_TEXT:
        try:
            return json_text(read_json(body))
        except InvalidInput:
            pass
    text = bytes(body[:MAX_TEXT]).decode("utf-8", "replace")
    return BodyText(text, _first(len(body)) if len(body) > MAX_TEXT else "")


def json_text(value: Any) -> BodyText:
    """A JSON value with one member in each line, and numbers in lines of 16."""
    return _bounded(_json_pieces(value, ""))


def proto_text(message: Message) -> BodyText:
    """A message in protobuf's text form, which it can be read from again if it is whole."""
    return _bounded(_message_pieces(message, ""))


def _bounded(pieces: Iterator[str]) -> BodyText:
    """The pieces up to the limit; the rest is never made."""
    taken: list[str] = []
    left = MAX_TEXT
    for piece in pieces:
        taken.append(piece[:left])
        left -= len(piece)
        if left < 0:
            return BodyText("".join(taken), f"This is the first {mebibytes(MAX_TEXT)} of the text.")
    return BodyText("".join(taken))


def _first(size: int) -> str:
    return f"These are the first {mebibytes(MAX_TEXT)} of {mebibytes(size)}."


def _json_pieces(value: Any, margin: str) -> Iterator[str]:
    inner = margin + _INDENT
    if isinstance(value, dict) and value:
        yield "{\n"
        for at, (name, member) in enumerate(value.items()):
            yield f"{',' + chr(10) if at else ''}{inner}{_scalar(str(name))}: "
            yield from _json_pieces(member, inner)
        yield f"\n{margin}}}"
    elif isinstance(value, list) and value:
        yield from _list_pieces(value, margin)
    else:
        yield _scalar(value)


def _list_pieces(items: list[Any], margin: str) -> Iterator[str]:
    inner = margin + _INDENT
    yield "[\n"
    at = 0
    while at < len(items):
        yield f"{',' + chr(10) if at else ''}{inner}"
        run = items[at : at + _IN_A_LINE]
        if all(map(_brief, run)):
            yield json.dumps(run, ensure_ascii=False)[1:-1]
            at += len(run)
        else:
            yield from _json_pieces(items[at], inner)
            at += 1
    yield f"\n{margin}]"


def _brief(value: Any) -> bool:
    return type(value) in _SCALARS and not (isinstance(value, str) and len(value) > _BRIEF)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        value = value[:MAX_TEXT]
    return json.dumps(value, ensure_ascii=False)


def _message_pieces(message: Message, margin: str) -> Iterator[str]:
    for described, value in message.ListFields():
        if not described.is_repeated:
            yield from _field_pieces(described, value, margin)
        elif described.message_type is not None and _is_map(described.message_type):
            yield from _map_pieces(described.name, described.message_type, value, margin)
        else:
            for item in value:
                yield from _field_pieces(described, item, margin)


def _is_map(kind: Descriptor) -> bool:
    return bool(kind.GetOptions().map_entry)


def _map_pieces(name: str, kind: Descriptor, entries: Any, margin: str) -> Iterator[str]:
    inner = margin + _INDENT
    for key in sorted(entries):
        yield f"{margin}{name} {{\n"
        yield from _field_pieces(kind.fields_by_name["key"], key, inner)
        yield from _field_pieces(kind.fields_by_name["value"], entries[key], inner)
        yield f"{margin}}}\n"


def _field_pieces(described: FieldDescriptor, value: Any, margin: str) -> Iterator[str]:
    name = _name(described)
    if described.message_type is not None:
        yield f"{margin}{name} {{\n"
        yield from _message_pieces(value, margin + _INDENT)
        yield f"{margin}}}\n"
        return
    yield f"{margin}{name}: "
    yield from _value_pieces(described, value, margin)
    yield "\n"


def _name(described: FieldDescriptor) -> str:
    return f"[{described.full_name}]" if described.is_extension else str(described.name)


def _value_pieces(described: FieldDescriptor, value: Any, margin: str) -> Iterator[str]:
    if isinstance(value, bytes):
        # In lines, which the text form reads as one: 100 MB in one piece would be 400 MB of text.
        yield f'"{_escaped(value[:_BYTES_IN_A_LINE])}"'
        for at in range(_BYTES_IN_A_LINE, len(value), _BYTES_IN_A_LINE):
            yield f'\n{margin}{_INDENT}"{_escaped(value[at : at + _BYTES_IN_A_LINE])}"'
    elif isinstance(value, str):
        yield f'"{_escaped(value[:MAX_TEXT].encode())}"'
    elif described.enum_type is not None:
        named = described.enum_type.values_by_number.get(value)
        yield named.name if named else str(value)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    else:
        yield _number(described, value)


def _number(described: FieldDescriptor, value: float) -> str:
    # The shortest text that is the same float32 again.
    single = described.type == FieldDescriptor.TYPE_FLOAT
    return str(np.float32(value)) if single else repr(value)


_ESCAPES = tuple(
    {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}.get(
        code, chr(code) if 32 <= code < 127 else f"\\{code:03o}"
    )
    for code in range(256)
)


def _escaped(data: bytes) -> str:
    return "".join(map(_ESCAPES.__getitem__, data))
