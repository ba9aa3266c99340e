"""Which method a request belongs to, and what was filled into its path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from backend.inspector.calls import Request
from backend.inspector.methods.listing import Method

_PART = re.compile(r"\{(\w+)\}")


def method_of(request: Request, methods: Iterable[Method]) -> Method | None:
    """The method that made the request, or one that could have; None if there is none."""
    for method in methods:
        if method.verb != request.verb or bool(method.verb) != request.rest:
            continue
        if path_values(method, request.path) is not None:
            return method
    return None


def path_values(method: Method, path: str) -> Mapping[str, str] | None:
    """What stands for the {parts} of the method's path, or None if it is another path."""
    if not method.verb:
        return {} if path == method.path else None
    pieces = method.path.split("/")
    given = path.partition("?")[0].split("/")
    if len(pieces) != len(given):
        return None
    values: dict[str, str] = {}
    for piece, text in zip(pieces, given, strict=True):
        found = _piece_values(piece, text)
        if found is None:
            return None
        values |= found
    return {name: unquote(value) for name, value in values.items()}


def _piece_values(piece: str, text: str) -> Mapping[str, str] | None:
    """What stands for the parts between two slashes; each part is as short as it can be.

    Not by a regular expression made of the piece, which a server names: its time could grow
    without bound.
    """
    first, *rest = _PART.split(piece)  # plain text, then name and plain text of each part
    if not rest:
        return {} if piece == text else None
    if not text.startswith(first):
        return None
    values: dict[str, str] = {}
    at = len(first)
    for index in range(0, len(rest), 2):
        name, plain = rest[index], rest[index + 1]
        last = index + 2 == len(rest)
        end = len(text) - len(plain) if last else text.find(plain, at + 1)
        if end <= at or not text.startswith(plain, end):
            return None
        values[name] = text[at:end]
        at = end + len(plain)
    return values
