"""Frozen dataclasses as tables of TOML or JSON and back; an error names the table and the key."""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from backend.core.errors import ConsoleError, UsageError
from backend.profiles.options import Option, options_of

Table = dict[str, Any]

_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 200

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def table_of(value: Any) -> Table:
    """Every field of a dataclass that is not None."""
    fields = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
    return {name: _plain(item) for name, item in fields if item is not None}


def made_of(kind: type[Any], table: object, where: str) -> Any:
    """The dataclass that a table describes; what is missing has its default.

    Raises UsageError for an unknown key, a value of another type or out of its limits, and for a
    missing key that has no default.
    """
    if not isinstance(table, dict):
        raise wrong(where, "a table", table)
    options = {option.name: option for option in options_of(kind)}
    check_keys(table, tuple(options), where)
    values = {}
    for name, option in options.items():
        place = f"{where} {name}"
        if name in table:
            values[name] = _checked(option, read(option.type, table[name], place), place)
        elif option.default is dataclasses.MISSING:
            raise UsageError(f"{place} is missing.")
    try:
        return kind(**values)
    except ConsoleError as error:
        raise UsageError(f"{where}: {error.message}", error.hint) from None


def check_keys(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    """Raise UsageError for a key that means nothing, which is likely a slip."""
    for key in table:
        if key not in known:
            listed = ", ".join(known) or "no keys"
            raise UsageError(f"{where} has an unknown key '{key}'.", hint=f"It takes {listed}.")


def read(hint: Any, value: object, where: str) -> Any:
    """A value as the type that a field has; raises UsageError."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _read_union(parts, value, where)
    if origin is tuple:
        return _read_tuple(parts, value, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _read_word(hint, value, where)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return made_of(hint, value, where)
    return _read_plain(hint, value, where)


def wrong(where: str, expected: str, got: object) -> UsageError:
    """The error for a value that is something else."""
    shown = _SHORT.repr(got)
    return UsageError(
        f"{where}: expected {expected}, got {shown if len(shown) <= 60 else shown[:57] + '...'}."
    )


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return table_of(value)
    return value


def _checked(option: Option, value: Any, where: str) -> Any:
    if option.choices and value not in option.choices:
        raise wrong(where, f"one of {', '.join(option.choices)}", str(value))
    low, high = option.low, option.high
    if isinstance(value, (int, float)) and (low is not None or high is not None):
        below = low is not None and value < low
        if below or (high is not None and value > high):
            limits = f"{low:g} or more" if high is None else f"{low or 0:g} to {high:g}"
            raise wrong(where, f"a number of {limits}", value)
    return value


def _read_union(parts: tuple[Any, ...], value: object, where: str) -> Any:
    if value is None and NoneType in parts:  # JSON has it, TOML leaves the key out
        return None
    kinds = [part for part in parts if part is not NoneType]
    if len(kinds) == 1:
        return read(kinds[0], value, where)
    if type(value) not in kinds or (isinstance(value, float) and not math.isfinite(value)):
        raise wrong(where, " or ".join(_WORDS[kind] for kind in kinds), value)
    return value


def _read_tuple(parts: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise wrong(where, "a list", value)
    if parts[-1] is Ellipsis:
        parts = (parts[0],) * len(value)
    if len(parts) != len(value):
        raise wrong(where, f"a list of {len(parts)}", value)
    pairs = enumerate(zip(parts, value, strict=True))
    return tuple(read(part, item, f"{where}[{place}]") for place, (part, item) in pairs)


def _read_word(hint: type[StrEnum], value: object, where: str) -> StrEnum:
    try:
        return hint(str(value))
    except ValueError:
        raise wrong(where, f"one of {', '.join(hint)}", value) from None


def _read_plain(hint: Any, value: object, where: str) -> Any:
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint or (isinstance(value, float) and not math.isfinite(value)):
        raise wrong(where, _WORDS[hint], value)
    return value
