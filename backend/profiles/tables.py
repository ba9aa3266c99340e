"""What has options as tables of TOML and back; an error names the table and the key.

Limits and choices are looked at before a dataclass is made, since it may compute with its values.
"""

from __future__ import annotations

import dataclasses
import reprlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_args

from backend.core.errors import ConsoleError, UsageError
from backend.profiles.options import Option, options_of
from backend.wire.json.stored import typed

Table = dict[str, Any]

_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 200


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
            values[name] = _read(option, table[name], place)
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


def _read(option: Option, value: object, where: str) -> Any:
    """A value as the type that a field has, within its limits; raises UsageError."""
    if option.choices and value not in option.choices:
        raise wrong(where, f"one of {', '.join(option.choices)}", value)
    for kind in get_args(option.type):
        if value is not None and isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return made_of(kind, value, where)
    made = typed(option.type, value, where)
    low, high = option.low, option.high
    if isinstance(made, (int, float)) and (low is not None or high is not None):
        below = low is not None and made < low
        if below or (high is not None and made > high):
            limits = f"{low:g} or more" if high is None else f"{low or 0:g} to {high:g}"
            raise wrong(where, f"a number of {limits}", made)
    return made
