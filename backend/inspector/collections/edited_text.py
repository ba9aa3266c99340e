"""A file of ours written again with other values: what did not change stays to the letter.

So a change is as small in version control as it is, and comments, order and layout stay.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tomli_w

_TABLE = re.compile(r"\s*\[\s*([\w-]+)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*(?:"([^"\\]*)"|'([^']*)'|([\w-]+))\s*=\s*(.*)$""")
_LONG = ('"""', "'''")
_MOST_PARTS = 2_000
"""A longer text is written anew: finding the place of each key takes its time."""
_LONGEST_REMARKED = 400
_NOT_LITERAL = re.compile(r"'|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(slots=True)
class _Part:
    """Lines of a file: a key with its value, a table's head (`key` is '' then), or others."""

    table: str | None
    key: str | None
    lines: list[str]


def edited(text: str, values: Mapping[str, Any]) -> str:
    """The text with these values, keys and tables of which it may have others; `values` has tables
    of one level, after all else.

    Where the text is written in a way that is not understood here, it is made anew.
    """
    fresh = _fresh(values)
    if not text.strip():
        return fresh
    try:
        before = tomllib.loads(text)
        parts = _parts(text)
        if len(parts) + len(_flat(values)) > _MOST_PARTS:
            return fresh
        _replace_all(parts, before, values)
        new = "\n".join(line for part in parts for line in part.lines).strip("\n") + "\n"
        return new if tomllib.loads(new) == tomllib.loads(fresh) else fresh
    except ValueError:
        return fresh


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    table, ending = "", ""
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        if ending:
            parts[-1].lines.append(line)
            ending = "" if _ends(line, ending) else ending
        elif head := _TABLE.match(line):
            table = head[1]
            parts.append(_Part(table, "", [line]))
        elif found := _KEY.match(line):
            parts.append(_Part(table, found[1] or found[2] or found[3] or "", [line]))
            ending = _open(found[4])
        else:
            parts.append(_Part(None, None, [line]))
    return parts


def _open(value: str) -> str:
    """How a value ends that goes on after its first line, '' if it does not."""
    for quotes in _LONG:
        if value.startswith(quotes):
            return "" if quotes in value[3:] else quotes
    return "]" if value.startswith("[") and "]" not in value else ""


def _ends(line: str, ending: str) -> bool:
    return line.lstrip().startswith("]") if ending == "]" else ending in line


def _replace_all(parts: list[_Part], before: dict[str, Any], values: Mapping[str, Any]) -> None:
    old, new = _flat(before), _flat(values)
    for part in tuple(parts):
        place = (part.table or "", part.key or "")
        if not part.key:
            continue
        if place not in new:
            parts.remove(part)
        elif old.get(place) != new[place]:
            lines = _written(place[1], new[place])
            remark = _remark(part.lines[0]) if len(part.lines) == len(lines) == 1 else ""
            part.lines = [f"{lines[0]}{remark}"] if remark else lines
    have = {(part.table, part.key) for part in parts}
    last = ("", "")
    for place, value in new.items():
        if place not in have:
            _insert(parts, place, value, last)
        last = place
    kept = {table for table, _ in new}
    for part in tuple(parts):
        if part.key == "" and part.table not in kept:
            parts.remove(part)


def _insert(
    parts: list[_Part], place: tuple[str, str], value: object, after: tuple[str, str]
) -> None:
    """A key that is new, after the one that goes before it, in a table that may be new, too."""
    table, key = place
    lines = _written(key, value)
    heads = [index for index, part in enumerate(parts) if part.table == table]
    if table and not heads:
        parts += [_Part(None, None, [""]), _Part(table, "", [f"[{table}]"])]
        heads = [len(parts) - 1]
    places = [index for index, part in enumerate(parts) if (part.table, part.key) == after]
    before = places if after[0] == table else heads[:1] if table else []
    parts.insert(before[-1] + 1 if before else 0, _Part(table, key, lines))


def _remark(line: str) -> str:
    """The comment at the end of a line that is a key and its value, with the blanks before it."""
    for found in re.finditer(r"\s*#", line[:_LONGEST_REMARKED]):
        try:
            tomllib.loads(line[: found.start()])
        except ValueError:
            continue
        return line[found.start() :]
    return ""


def _flat(values: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    flat = {("", key): value for key, value in values.items() if not isinstance(value, Mapping)}
    for table, inner in values.items():
        if isinstance(inner, Mapping):
            flat |= {(table, key): value for key, value in inner.items()}
    return flat


def _fresh(values: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for (table, key), value in _flat(values).items():
        if table and f"[{table}]" not in lines:
            lines += ["", f"[{table}]"]
        lines += _written(key, value)
    return "\n".join(lines) + "\n"


def _written(key: str, value: object) -> list[str]:
    """A key with its value; JSON stands between quotes of the other sort, as it is."""
    if isinstance(value, str) and '"' in value and not _NOT_LITERAL.search(value):
        name = tomli_w.dumps({key: 0}).rpartition(" = ")[0]
        if "\n" in value:
            return [f"{name} = '''", *f"{value}'''".split("\n")]
        return [f"{name} = '{value}'"]
    return tomli_w.dumps({key: value}, multiline_strings=True).rstrip("\n").split("\n")
