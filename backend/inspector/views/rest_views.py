"""Bodies of REST whose JSON is followed by bytes, as the binary tensor extension has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.core.errors import mebibytes
from backend.inspector.calls import Headers
from backend.inspector.views.body_text import BodyText, body_text
from backend.inspector.views.trees import Node, json_tree, parent_node, value_node
from backend.wire.json.text import read_json
from backend.wire.oip.json_tensors import BINARY_DATA_SIZE
from backend.wire.oip.rest import HEADER_LENGTH, header_of

_LISTS = ("outputs", "inputs")


def split_body(headers: Headers, body: bytes) -> tuple[memoryview, memoryview]:
    """The JSON of a body and the bytes after it; without the header it is all JSON."""
    view = memoryview(body)
    given = header_of(dict(headers), HEADER_LENGTH) or ""
    size = int(given) if given.isascii() and given.isdigit() and len(given) < 20 else len(body)
    return view[:size], view[size:]


def rest_text(headers: Headers, body: bytes) -> BodyText:
    """The JSON of a body as text; the note says how many bytes follow."""
    head, tail = split_body(headers, body)
    shown = body_text(head)
    follows = f"{mebibytes(len(tail))} of binary data follow." if len(tail) else ""
    return BodyText(shown.text, " ".join(filter(None, (shown.note, follows))))


def rest_tree(headers: Headers, body: bytes) -> Node:
    """The tree of a body, with the bytes of each tensor beside the JSON.

    Raises InvalidInput if it is not JSON, or its JSON is above 5 MB.
    """
    head, tail = split_body(headers, body)
    root = json_tree(head)
    if not len(tail):
        return root
    return parent_node("body", (root, *_tails(read_json(head), tail)))


def _tails(value: Any, tail: memoryview) -> list[Node]:
    at = 0
    nodes = []
    for name, size in _sizes(value):
        nodes.append(value_node(name, f"binary.{name}", bytes(tail[at : at + size])))
        at += size
    if at < len(tail):
        nodes.append(value_node("rest", "binary", bytes(tail[at:])))
    return nodes


def _sizes(value: Any) -> Sequence[tuple[str, int]]:
    """Name and size of each tensor whose bytes follow, as far as the JSON says so."""
    found: list[tuple[str, int]] = []
    for key in _LISTS:
        tensors = value.get(key) if isinstance(value, Mapping) else None
        for tensor in tensors if isinstance(tensors, list) else ():
            parameters = tensor.get("parameters") if isinstance(tensor, Mapping) else None
            size = parameters.get(BINARY_DATA_SIZE) if isinstance(parameters, Mapping) else None
            if type(size) is int and size >= 0:
                found.append((str(tensor.get("name", "")), size))
    return found
