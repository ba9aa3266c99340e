"""JSON files of our own by their types: a dataclass or struct of each, under a version.

msgspec reads plain values and not the text itself: names of files that are not UTF-8 stand in it
as lone surrogates, which msgspec's own reader refuses.
"""

from __future__ import annotations

import math
import re
from typing import Any, TypeVar

import msgspec

from backend.core.errors import ConsoleError, UsageError
from backend.core.files.json import json_bytes, json_object
from backend.core.files.private import NewerFile
from backend.core.wording import as_text

T = TypeVar("T")

_VERSION = "schema"
_LARGEST = (1 << 63) - 1
_DEEPEST = 64
_LONGEST = 300
_PLACE = re.compile(r"(.*?)(?: - at `(?:key` in `)?\$(.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_WORDS = {
    "array": "a list", "bool": "true or false", "bytes": "base64", "datetime": "a time",
    "float": "a number", "int": "a whole number", "null": "null", "object": "an object",
    "str": "text",
}  # fmt: skip


_PHRASES = {
    "`array` of length": "a list of",
    "`int`, got `float`": "a whole number, got a decimal",
    "Invalid enum value": "unknown word",
    "Object contains unknown field": "unknown key",
    "Invalid base64 encoded string": "expected base64",
    "Invalid RFC3339 encoded datetime": "expected a time such as 2024-01-31T12:00:00+00:00",
}


def read_stored(kind: type[T], data: bytes, name: str, version: int) -> T:
    """What a file of this version or an older one holds; `name` is what errors call it.

    Raises NewerFile for a later version, and UsageError that names the field for what is wrong.
    """
    value = json_object(data, name)
    found = value.pop(_VERSION, None)
    if type(found) is not int or found < 1:
        raise UsageError(f"{name} has no version that is known.")
    if found > version:
        raise NewerFile(
            f"{name} was written by a newer program (version {found}; {version} is known here).",
            hint="Use that program, or move the file away.",
        )
    return typed(kind, value, name)


def stored_bytes(value: object, version: int) -> bytes:
    """The text of such a file, for people to read."""
    return json_bytes({_VERSION: version, **msgspec.to_builtins(value, enc_hook=as_text)})


def typed(kind: type[T], value: object, where: str) -> T:
    """Plain values as a dataclass or struct; what is missing has its default.

    Raises UsageError that begins with `where` and names the field, for a value of another type or
    that the type itself refuses, an unknown key of a dataclass, a number that is none or beyond 64
    bits, and more than 64 levels. It tells types of wrong values, not the values.
    """
    try:
        made = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UsageError(_in_words(str(error), where)) from None
    except ConsoleError as error:
        raise UsageError(f"{where}: {error.message}".lstrip(": "), error.hint) from None
    except RecursionError:
        raise UsageError(f"{where} is nested too deeply.") from None
    _check(value, made, where)
    return made


def _check(value: Any, made: Any, where: str, depth: int = 0) -> None:
    """Raise UsageError for what msgspec lets pass."""
    if depth > _DEEPEST:
        raise UsageError(f"{where} is nested too deeply.")
    if isinstance(value, dict):
        known = getattr(made, "__dataclass_fields__", value)
        for name, item in value.items():
            if name not in known:
                raise UsageError(f"{where} has an unknown key '{name[:_LONGEST]}'.".lstrip())
            _check(item, getattr(made, name, None), f"{where} {name}", depth + 1)
    elif isinstance(value, list):
        inner = made if isinstance(made, tuple) else [None] * len(value)
        for place, (item, part) in enumerate(zip(value, inner, strict=True)):
            _check(item, part, f"{where}[{place}]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{where} is not a finite number.".lstrip())
    elif isinstance(value, int) and abs(value) > _LARGEST:
        raise UsageError(f"{where} is a number beyond 64 bits.".lstrip())


def _in_words(message: str, where: str) -> str:
    """msgspec's message, such as "Expected `int`, got `str` - at `$.a[0].b`", for people."""
    found = _PLACE.fullmatch(message)
    reason, path = (found[1], found[2] or "") if found else (message, "")
    place = f"{where}{path.replace('.', ' ')}".lstrip()
    if missing := _MISSING.fullmatch(reason):
        return f"{place} {missing[1]} is missing.".lstrip()
    for phrase, words in _PHRASES.items():
        reason = reason.replace(phrase, words)
    reason = re.sub(r"`([\w |]+)`", _type_words, reason)
    end = "..." if len(reason) > _LONGEST else "."
    return f"{place}: {reason[0].lower()}{reason[1:_LONGEST].rstrip('.')}{end}".lstrip(": ")


def _type_words(found: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(part, f"'{part}'") for part in found[1].split(" | "))
