"""TOML files of ours by their types; an error names the file, the line and the key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from typing import Any, TypeVar, get_args, get_type_hints

from backend.core.errors import UsageError
from backend.core.files.private import NewerFile
from backend.profiles.toml_limits import check_toml
from backend.wire.json.stored import typed

T = TypeVar("T")

_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TABLE = re.compile(r"\s*\[\[?\s*([^\]\s]*)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*(?:"([^"\\]*)"|'([^']*)'|([\w-]+))\s*=""")
_LONG = re.compile(r'"{3}|\'{3}')
_MAPPING = 2
"""Types in the hint of a mapping: of its keys and of its values."""


def read_toml(kind: type[T], data: bytes, source: str, version: int) -> T:
    """The dataclass that a file's bytes hold; what is missing has its default.

    Raises UsageError, or NewerFile for a later version.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{source}, line {line}: not UTF-8.") from None
    text = text.replace("\r\n", "\n")
    check_toml(text, source)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_placed(str(error), text, source)) from None
    except (RecursionError, ValueError):  # a date that is none
        raise UsageError(f"{source} is nested too deeply, or holds no TOML.") from None
    found = table.pop("version", None)
    if type(found) is int and found > version:
        raise NewerFile(
            f"{source} was written by a newer program (version {found}; {version} is known here)."
        )
    if found != version or type(found) is not int:
        raise UsageError(
            f"{source}, line {line_of(text, 'version')}: expected version = {version}.",
            hint=f"A file of this kind begins with the line: version = {version}",
        )
    return _made(kind, table, text, source)


def line_of(text: str, key: str, inner: str = "") -> int:
    """The line, counted from 1, in which a key stands, or `inner` of the table `key`; else 1."""
    table, quote, best = "", "", 1
    for number, line in enumerate(text.split("\n"), 1):
        if not quote:
            if found := _TABLE.match(line):
                table = found[1].strip("\"'")
                best = number if table == key else best
            elif found := _KEY.match(line):
                name = found[1] or found[2] or found[3] or ""
                if (table, name) == (key, inner) and inner:
                    return number
                best = number if (table, name) == ("", key) else best
        quote = _open_quote(line, quote)
    return best


def _open_quote(line: str, quote: str) -> str:
    """The quotes of a long text that goes on after the line, or ''."""
    for found in _LONG.finditer(line):
        if not quote:
            quote = found[0]
        elif found[0] == quote:
            quote = ""
    return quote


def _made(kind: type[T], table: dict[str, Any], text: str, source: str) -> T:
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise UsageError(
                f"{source}, line {line_of(text, key)}: unknown key '{key[:80]}'.",
                hint=f"It takes version, {', '.join(known)}.",
            )
        of_items = get_args(hints[key])
        if isinstance(value, dict) and len(of_items) == _MAPPING:
            for name, item in value.items():
                _typed(of_items[1], item, (key, name), text, source)
        values[key] = _typed(hints[key], value, (key,), text, source)
    try:
        return kind(**values)
    except (TypeError, UsageError) as error:
        missing = isinstance(error, TypeError)
        words = "it has no method." if missing else str(error)
        raise UsageError(f"{source}: {words}") from None


def _typed(kind: Any, value: object, keys: tuple[str, ...], text: str, source: str) -> Any:
    try:
        return typed(kind, value, " ".join(key[:80] for key in keys))
    except UsageError as error:
        line = line_of(text, *keys)  # sought only now, so that the time stays linear
        raise UsageError(f"{source}, line {line}: {error.message}", error.hint) from None


def _placed(words: str, text: str, source: str) -> str:
    found = _AT.search(words)
    if found is None:
        return f"{source} is not valid TOML: {words}."
    line = int(found[1]) if found[1] else text.rstrip("\n").count("\n") + 1
    reason = words[: found.start()].rstrip(".")
    return f"{source}, line {line}: not valid TOML: {reason}."
