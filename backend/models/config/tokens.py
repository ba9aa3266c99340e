"""Where the fields of a protobuf text stand, found without knowing any message.

It tells fields apart before the text is parsed: protobuf's own parser can only accept every unknown
field or none, and recurses as deep as the text says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

_TOKEN = re.compile(
    r"""
    [\s;,]+ | \#[^\n]*                                   # between fields
    # A text that is not closed ends with its line: no quote is looked at twice.
    | (?P<text> "(?:[^"\\\n]++|\\[^\n])*+\\?+"?+ | '(?:[^'\\\n]++|\\[^\n])*+\\?+'?+ )
    | (?P<word> [\w.+-]+ )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPEN, _CLOSE = "{<[", "}>]"

FieldPath: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted text or a mark."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """A field by the names that lead to it, from its name to the end of its value."""

    path: FieldPath
    start: int
    end: int


class TooDeep(Exception):
    """Fields are nested deeper than allowed at that offset."""

    def __init__(self, at: int) -> None:
        super().__init__(f"nested too deep at {at}")
        self.at = at


@dataclass(slots=True)
class _Field:
    """A field whose value has begun; `depth` is that of its name."""

    path: FieldPath
    start: int
    depth: int
    end: int = field(default=0)


def field_places(text: str, *, max_depth: int) -> Iterator[FieldSpan]:
    """Every field whose value is complete, in the order of their ends; raises TooDeep.

    What is no protobuf text gives places that mean little, and no error.
    """
    open_fields: list[_Field] = []
    depth = 0
    tokens = list(_tokens(text))
    for at, token in enumerate(tokens):
        follows = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if token.kind == "word" and follows in (":", *_OPEN):
            yield from _ended(open_fields, depth)
            parent = open_fields[-1].path if open_fields else ()
            open_fields.append(_Field((*parent, token.text), token.start, depth))
        elif token.kind == "mark" and token.text in _OPEN:
            depth += 1
            if depth > max_depth:
                raise TooDeep(token.start)
        elif token.kind == "mark" and token.text in _CLOSE:
            yield from _ended(open_fields, depth)
            depth = max(0, depth - 1)
        if open_fields:
            open_fields[-1].end = token.end
    while open_fields:
        yield from _ended(open_fields, open_fields[-1].depth)


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup is not None:
            yield Token(match.lastgroup, match.group(), match.start(), match.end())


def _ended(open_fields: list[_Field], depth: int) -> Iterator[FieldSpan]:
    """The fields that end where another of that depth begins, or where its message is closed."""
    while open_fields and open_fields[-1].depth >= depth:
        last = open_fields.pop()
        yield FieldSpan(last.path, last.start, last.end)
        if open_fields:
            open_fields[-1].end = max(open_fields[-1].end, last.end)
