"""What can be set about a recipe or a decoder, for files and forms."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Option:
    """One field: its name, type, default, what it means, and its limits or choices if any.

    `choices` are the words allowed, in the order in which they are offered; `auto` says that 0
    takes what the model says.
    """

    name: str
    type: Any
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    auto: bool = False


def option(
    default: _T,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    auto: bool = False,
) -> _T:
    """A dataclass field with a default, a line of explanation, and inclusive limits.

    `choices` are fewer words than the field's type has.
    """
    metadata = {"help": text, "limits": (low, high), "choices": choices, "auto": auto}
    field: Any = dataclasses.field(default=default, metadata=metadata)
    value: _T = field
    return value


def options_of(kind: type[Any]) -> tuple[Option, ...]:
    """Every field of a recipe, decoder or part of one, in its order."""
    hints = get_type_hints(kind)
    return tuple(_option(field, hints[field.name]) for field in dataclasses.fields(kind))


def _option(field: dataclasses.Field[Any], hint: Any) -> Option:
    low, high = field.metadata.get("limits", (None, None))
    words = field.metadata.get("choices", ())
    if not words and isinstance(hint, type) and issubclass(hint, StrEnum):
        words = tuple(hint)
    text, auto = field.metadata.get("help", ""), field.metadata.get("auto", False)
    return Option(field.name, hint, field.default, text, low, high, words, auto)
