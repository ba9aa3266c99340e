"""What a kind of source says about itself: its texts, its names, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it brings numpy, which help need not wait for
    from backend.sources.source import Source


class Pace(StrEnum):
    """How fast a file gives its items."""

    OWN = "own"
    """As fast as it was recorded."""
    FREE = "free"
    """As fast as the reader takes them."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What matters to files only: whether they start over at their end, and how fast they are.

    `speed` is a factor of their own pace.
    """

    loop: bool
    pace: Pace = Pace.OWN
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """A heading of the source menu, and what stands under it, with a tip, if nothing else does."""

    title: str
    empty: str = "None"
    empty_tip: str = ""


GENERATED = SourceGroup("Generated")
"""Sources that make their samples themselves, and are always there."""


def _unchanged(argument: str) -> str:
    return argument


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of source, and how it reads the text (spec) that names a source of it.

    A spec is `scheme` or `scheme:ARGUMENT`; kinds that know theirs by other signs, such as
    addresses, have `recognises` and take the whole spec as the argument. All other functions are
    given the argument, and none but `make` and `lasting` touches a disk or a device. Titles and
    tips are English: the window translates them.
    """

    scheme: str
    """Unique among the kinds; only a name for those that recognise their specs."""
    title: str
    """What the source of a spec without an argument is called."""
    icon: str
    """A name in assets/icons."""
    make: Callable[[str, SourceOptions], Source]
    """The source, not opened yet; raises UsageError or SourceError for what cannot be one."""
    arguments: tuple[str, ...] = ()
    """What may follow `scheme:`, as help and errors write it; without any, nothing may."""
    recognises: Callable[[str], bool] | None = None
    """Whether a spec is of this kind; `arguments` are then whole specs."""
    tip: str = ""
    """A sentence about it for the source menu."""
    group: SourceGroup | None = None
    """Where the menu lists it; without one it is among the recent ones, once it was used."""
    device: bool = False
    """Whether it can be plugged in and out: the menu then lists what there is, not the kind."""
    which: Callable[[str], str] = _unchanged
    """The part of the argument that says which device, without how it is to be opened."""
    demo_model: str = ""
    """The bundled model that shows it best, '' for any that takes what it gives."""
    title_of: Callable[[str], str] | None = None
    """A short name for lists, without secrets; None: the redacted argument itself."""
    redact: Callable[[str], str] = _unchanged
    """With *** for each secret, to be shown and logged."""
    saved: Callable[[str], str] | None = None
    """Without its secrets, to be written down and used again; None: as redacted."""
    lasting: Callable[[str], str] = _unchanged
    """So that it means the same in another working directory, at the next start."""

    def matches(self, spec: str) -> bool:
        """Whether `spec` names a source of this kind, or one that would be if it existed."""
        spec = spec.strip()
        if self.recognises is not None:
            return self.recognises(spec)
        return spec == self.scheme or (bool(self.arguments) and spec.startswith(f"{self.scheme}:"))

    def argument(self, spec: str) -> str:
        """What a spec that matches says beyond its scheme."""
        return spec if self.recognises is not None else spec.strip()[len(self.scheme) + 1 :].strip()

    def spec(self, argument: str = "") -> str:
        """The spec that says this; the opposite of `argument`."""
        if self.recognises is not None:
            return argument
        return f"{self.scheme}:{argument}" if argument else self.scheme

    @property
    def forms(self) -> tuple[str, ...]:
        """The ways to write a spec, as help and errors list them."""
        if self.recognises is not None:
            return self.arguments
        return self.scheme, *(self.spec(argument) for argument in self.arguments)

    def title_for(self, spec: str) -> str:
        """What the source of a spec that matches is called, without secrets."""
        argument = self.argument(spec)
        if not argument and self.recognises is None:
            return self.title
        return (self.title_of or self.redact)(argument)


def one_of(texts: tuple[str, ...]) -> str:
    """The texts as a choice: `a, b or c`."""
    *others, last = texts
    return f"{', '.join(others)} or {last}" if others else last
