"""A command line's parser, made from tables of options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NoReturn

from backend.core.options.option import Option, OptionGroup


class OptionParser(argparse.ArgumentParser):
    """argparse's, filled from tables; names the nearest option for one that there is not.

    `words` are what else may be given, such as the names of commands.
    """

    def __init__(
        self, *, groups: Iterable[OptionGroup] = (), words: Iterable[str] = (), **rest: Any
    ) -> None:
        self._known = ["--help", *words]
        super().__init__(**rest)
        for group in groups:
            self.add_options(group)

    def add_options(self, group: OptionGroup) -> None:
        """Take the options of one more table."""
        place = self.add_argument_group(group.title) if group.title else self
        if group.exclusive:
            place = place.add_mutually_exclusive_group(required=group.required)
        for option in group.options:
            place.add_argument(option.flag, **_arguments(option))
            self._known.append(option.flag)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The values; prints why and exits with 2 if the command line makes no sense."""
        given, unknown = self.parse_known_args(arguments)
        if unknown:
            self.refuse(unknown)
        return given

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Print that these mean nothing, with the nearest that do, and exit with 2."""
        self.error(f"unrecognized arguments: {' '.join(words)}{self._advice(words)}")

    def _advice(self, unknown: Iterable[str]) -> str:
        for word in unknown:
            if near := get_close_matches(word.partition("=")[0], self._known, n=1):
                return f" (did you mean {near[0]}?)"
        return ""


def help_text(option: Option) -> str:
    """What `--help` says of an option: the sentence, then unit and default in brackets."""
    notes = [
        f"in {option.unit}" if option.unit else "",
        "repeatable" if option.repeatable else "",
        f"or ${option.environment}" if option.environment else "",
        f"default: {option.shown_default}" if option.shown_default else "",
    ]
    found = "; ".join(note for note in notes if note)
    return f"{option.help} ({found})" if found else option.help


def _arguments(option: Option) -> dict[str, Any]:
    """The option as `add_argument` takes it."""
    common = {
        "dest": option.destination,
        "default": option.initial,
        "required": option.required,
        "help": help_text(option).replace("%", "%%"),
    }
    if option.switch:
        return {**common, "action": "store_true"}
    if option.choices is None:
        common |= {"type": option.parse, "metavar": option.metavar or None}
    else:
        common |= {"type": _one_of(option.choices), "choices": list(option.choices)}
    if option.bare is not None:
        common |= {"nargs": "?", "const": option.bare}
    return {**common, "action": "append" if option.repeatable else "store"}


def _one_of(choices: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(text: str) -> StrEnum:
        try:
            return choices(text)
        except ValueError:
            expected = ", ".join(choices)
            raise argparse.ArgumentTypeError(f"one of {expected} expected, got '{text}'") from None

    return parse
