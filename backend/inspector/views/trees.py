"""Other ways to look at a body: as a tree, whose nodes are made when they are opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from backend.core.errors import InvalidInput, mebibytes
from backend.inspector.views.body_text import MAX_TEXT, json_text, proto_text
from backend.inspector.views.readable import bytes_text, element_text
from backend.wire.json.text import read_json

FOLD = 32
"""Most children of a node: longer lists are shown in ranges, and these in smaller ones."""

CUT = 2048
"""Longest text of one node, in characters."""

MAX_BODY = 5 * 1024 * 1024
"""Largest JSON that is made a tree of; in Python's objects it takes ten times as much."""

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value: `label` is its name or index, `path` the way to it from the root, as in
    ``outputs[0].data[3]``, `kind` what it is, and `text` its value cut at 2 kB.

    `count` children, at most 32, are made by `children`. `value` is what it stands for, None for
    a range, and for a message's list, which is made of its items.
    """

    label: str
    path: str
    kind: str
    text: str
    count: int = 0
    value: Any = field(default=None, repr=False)
    _grow: Callable[[], Iterator[Node]] | None = field(default=None, repr=False)
    _copy: Callable[[], str] | None = field(default=None, repr=False)

    def children(self) -> tuple[Node, ...]:
        """The nodes below, made anew at each call."""
        return () if self._grow is None else tuple(self._grow())

    def copied(self) -> str:
        """The whole value as text, for the clipboard; cut at 5 MB."""
        if isinstance(self.value, Message):
            return proto_text(self.value).text
        if isinstance(self.value, str):
            return self.value[:MAX_TEXT]
        if isinstance(self.value, bytes):
            return self.value[: MAX_TEXT // 2].hex()
        if self._copy is not None:
            return self._copy()
        return self.text if self.value is None else json_text(self.value).text


def json_tree(body: bytes | memoryview, label: str = "body") -> Node:
    """The tree of a JSON body; raises InvalidInput if it is none, or above 5 MB."""
    if len(body) > MAX_BODY:
        raise InvalidInput(
            f"The JSON is {mebibytes(len(body))}; up to {mebibytes(MAX_BODY)} are shown as a tree.",
            hint="Look at it as text or bytes, or save it. Binary data needs no JSON.",
        )
    return value_node(label, "", read_json(body))


def value_node(label: str, path: str, value: Any) -> Node:
    """The node of a JSON value, or of one of a message's plain values."""
    if isinstance(value, dict):
        names = list(value)

        def member(at: int) -> Node:
            name = str(names[at])
            return value_node(name, _member(path, name), value[names[at]])

        return _container(label, path, "object", len(names), member, value)
    if isinstance(value, list):

        def item(at: int) -> Node:
            return value_node(f"[{at}]", f"{path}[{at}]", value[at])

        return _container(label, path, "list", len(value), item, value)
    return Node(label, path, _kind(value), _text(value), value=value)


def message_node(label: str, path: str, message: Message) -> Node:
    """The node of a message: its fields that are set."""
    fields = message.ListFields()

    def member(at: int) -> Node:
        described, value = fields[at]
        return _field_node(described, _member(path, described.name), value)

    return _container(label, path, message.DESCRIPTOR.name, len(fields), member, message)


def parent_node(label: str, nodes: Sequence[Node]) -> Node:
    """A node above others, such as a body of several parts."""
    return _container(label, "", "body", len(nodes), lambda at: nodes[at])


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def _field_node(described: FieldDescriptor, path: str, value: Any) -> Node:
    if not described.is_repeated:
        return _one(described.name, path, described, value)
    kind = described.message_type
    if kind is not None and kind.GetOptions().map_entry:
        of_entry = kind.fields_by_name["value"]
        keys = sorted(value)

        def entry(at: int) -> Node:
            name = str(keys[at])
            return _one(name, _member(path, name), of_entry, value[keys[at]])

        return _container(described.name, path, "map", len(keys), entry)

    def item(at: int) -> Node:
        return _one(f"[{at}]", f"{path}[{at}]", described, value[at])

    return _container(described.name, path, "list", len(value), item)


def _one(label: str, path: str, described: FieldDescriptor, value: Any) -> Node:
    if described.message_type is not None:
        return message_node(label, path, value)
    if described.enum_type is not None:
        named = described.enum_type.values_by_number.get(value)
        return Node(label, path, described.enum_type.name, named.name if named else str(value))
    return Node(label, path, _kind(value), _text(value), value=value)


def _container(
    label: str, path: str, kind: str, count: int, child: Callable[[int], Node], value: Any = None
) -> Node:
    spans = _spans(0, count)
    return Node(
        label,
        path,
        kind,
        _items(count),
        len(spans),
        value,
        lambda: _grown(spans, path, child),
        None if value is not None else lambda: _lines(range(count), child),
    )


def _spans(begin: int, end: int) -> Sequence[range]:
    """At most `FOLD` ranges of equal length that are the whole."""
    size = 1
    while size * FOLD < end - begin:
        size *= FOLD
    return [range(at, min(at + size, end)) for at in range(begin, end, size)]


def _grown(spans: Sequence[range], path: str, child: Callable[[int], Node]) -> Iterator[Node]:
    for span in spans:
        yield child(span.start) if len(span) == 1 else _range_node(span, path, child)


def _range_node(span: range, path: str, child: Callable[[int], Node]) -> Node:
    """A stretch of a long list."""
    spans = _spans(span.start, span.stop)
    return Node(
        f"[{span.start} … {span.stop - 1}]",
        f"{path}[{span.start}:{span.stop}]",
        "range",
        _items(len(span)),
        len(spans),
        None,
        lambda: _grown(spans, path, child),
        lambda: _lines(span, child),
    )


def _lines(span: range, child: Callable[[int], Node]) -> str:
    """The items of a stretch, each from a line of its own on."""
    taken: list[str] = []
    left = MAX_TEXT
    for at in span:
        text = child(at).copied()
        left -= len(text) + 1
        if left < 0:
            break
        taken.append(text)
    return "\n".join(taken)


def _member(path: str, name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{name}" if path else name


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "number", float: "number", str: "string", bytes: "bytes"}
    return names.get(type(value), type(value).__name__)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) <= CUT else f"{value[:CUT]}… ({len(value):,} characters)"
    if isinstance(value, bytes):
        return f"{mebibytes(len(value))}: {bytes_text(value, 256)}" if value else "0 bytes"
    if value is None:
        return "null"
    if isinstance(value, float):
        return repr(value)
    return element_text(value)
