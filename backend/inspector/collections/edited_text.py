"""A file of ours written again with other values: what did not change stays to the letter.

So a change is as small in version control as it is, and comments, order and layout stay.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Item

_MOST_KEPT, _MOST_KEYS = 64 << 10, 1_000
"""A text of more characters is written anew, or one that gets more keys: tomlkit reads a megabyte
in ten seconds, and goes through a table for each key that it adds."""
_NOT_LITERAL = re.compile(r"'|[\x00-\x08\x0b-\x1f\x7f]")


def edited(text: str, values: Mapping[str, Any]) -> str:
    """The text with these values, keys and tables of which it may have others.

    A table that is left without keys keeps its heading and its comments. What is no TOML, or has
    more than 65536 characters or 1000 keys, is made anew.
    """
    fresh = _fresh(values)
    if len(text) > _MOST_KEPT or fresh.count("\n") > _MOST_KEYS:
        return fresh
    try:
        document = tomlkit.parse(text)
        _update(document, values)
        new = tomlkit.dumps(document)
        kept = {name: value for name, value in tomllib.loads(new).items() if value != {}}
    except (TOMLKitError, ValueError):
        return fresh
    return new if kept == tomllib.loads(fresh) else fresh


def _fresh(values: Mapping[str, Any]) -> str:
    text = ""
    for name, value in values.items():
        if isinstance(value, Mapping):
            text += f"\n[{name}]\n{_fresh(value)}"
        else:
            text += tomlkit.dumps({name: _item(value)})
    return text


def _update(table: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    for name in [name for name in table if name not in values]:
        if isinstance(table[name], MutableMapping):
            table[name].clear()
        else:
            del table[name]
    for name, value in values.items():
        if isinstance(value, Mapping):
            if not isinstance(table.get(name), MutableMapping):
                table[name] = tomlkit.table()
            _update(table[name], value)
        elif name not in table or table[name] != value:
            table[name] = _item(value)


def _item(value: object) -> Item:
    """Texts of JSON stand between quotes of the other sort, as they are; lists an entry a line."""
    if isinstance(value, str) and ("\n" in value or '"' in value):
        long, plain = "\n" in value, not _NOT_LITERAL.search(value)
        if long and plain:
            return tomlkit.value(f"'''\n{value}'''")
        return tomlkit.string(value, literal=plain, multiline=long)
    item = tomlkit.item(value)
    return item.multiline(bool(value)) if isinstance(item, Array) else item
