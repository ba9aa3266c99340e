"""An option as a row of a table, and the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command line; `help` is a sentence without its end.

    `parse` makes the value of the text and raises ValueError or argparse.ArgumentTypeError; with
    `choices` the value is one of these instead. `default_text` says what happens without the
    option where `default` does not say it. A `switch` takes no value and is False without it; a
    `repeatable` option gives a list; with `bare` the value may be left out and is `bare` then.
    `environment` is a variable that is read in its place.
    """

    flag: str
    help: str
    parse: Callable[[str], Any] = str
    choices: type[StrEnum] | None = None
    default: Any = None
    default_text: str = ""
    unit: str = ""
    metavar: str = ""
    name: str = ""
    """Where the value is found once read; '' is the flag's own name."""
    environment: str = ""
    bare: str | None = None
    required: bool = False
    switch: bool = False
    repeatable: bool = False

    @property
    def destination(self) -> str:
        """Name of the attribute that holds the value."""
        return self.name or self.flag.removeprefix("--").replace("-", "_")

    @property
    def initial(self) -> Any:
        """The value without the option."""
        if self.repeatable:
            return []
        return False if self.switch else self.default

    @property
    def shown_default(self) -> str:
        """The default as people read it, '' if there is none."""
        if self.default_text or self.default in (None, "") or self.repeatable or self.switch:
            return self.default_text
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    def but(self, **changes: Any) -> Option:
        """The same option as another command takes it."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Options that belong together; a title of '' puts them among the command's own.

    Of an `exclusive` group at most one may be given; one must, if it is `required` as well.
    """

    title: str
    options: tuple[Option, ...]
    exclusive: bool = False
    required: bool = False
