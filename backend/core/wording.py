"""Sentences in English that can still be said in another language.

The command line shows them as they are; the window translates what they were made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

_ALONE, _APART, _STOPPED, _LISTED, _SET_APART = (
    "{second}",
    "{first} {second}",
    "{first}. {second}",
    "{first}, {second}",
    "{first}; {second}",
)
JOINTS = frozenset((_ALONE, _APART, _STOPPED, _LISTED, _SET_APART))
"""Templates without a word, which are the same in every language."""


def unfilled(text: str) -> str:
    """A template that is filled elsewhere, found for the catalogues here."""
    return text


class Wording(str):
    """`template` with `{name}` replaced by the value of that name.

    It is an ordinary text to all who know no better; put together with others it stays English.
    Values may be Wordings themselves. Numbers with a fraction are given as numbers, so that each
    language can write them. Templates are literals, or what was one in `unfilled`.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Wording:
        """Write it in English."""
        text = template.format(**{k: _plain(v) for k, v in values.items()}) if values else template
        self = super().__new__(cls, text)
        self.template, self.values = template, values
        return self

    def __reduce__(self) -> tuple[Callable[..., Wording], tuple[Any, ...]]:
        """Let another process have template and values, too."""
        return _again, (self.template, self.values)


def as_text(value: object) -> str:
    """What an encoder of msgspec writes, as its `enc_hook`, for a Wording.

    Raises NotImplementedError for what is no text.
    """
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value))


def _plain(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) else value


def _again(template: str, values: dict[str, object]) -> Wording:
    return Wording(template, **values)


def joined(first: str, *more: str) -> Wording:
    """Sentences one after the other, with a stop between them where one has none."""
    form = _ALONE
    whole = Wording("")
    for one in (first, *more):
        whole = Wording(form, first=whole, second=one)
        stopped = one.endswith((".", "!", "?", ":"))
        form = _APART if stopped else _STOPPED
    return whole


def listed(parts: Iterable[str], *, apart: bool = False) -> Wording:
    """The parts with commas between them, or semicolons to set them apart; '' of none."""
    between = _SET_APART if apart else _LISTED
    whole = Wording("")
    for one in parts:
        form = between if whole else _ALONE
        whole = Wording(form, first=whole, second=one)
    return whole
