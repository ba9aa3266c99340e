"""The seam to what is on the screen: which screens and windows there are, and a capture of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array

_REGION = re.compile(r"(?:(.*)@)?([1-9]\d{0,5})x([1-9]\d{0,5})\+(\d{1,6})\+(\d{1,6})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """A screen as the system lists it; its size is in device pixels."""

    name: str
    width: int
    height: int
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a screen in device pixels, from the screen's upper left corner."""

    width: int
    height: int
    x: int
    y: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}+{self.x}+{self.y}"

    def cut(self, pixels: Array, name: str) -> Array:
        """The part of uint8 [height, width, n] that is inside; raises SourceError for none."""
        part = pixels[self.y : self.y + self.height, self.x : self.x + self.width]
        if part.size:
            return part
        height, width = pixels.shape[:2]
        raise SourceError(
            SourceFault.ABSENT,
            f"The region {self} lies outside of {name}, which has {width} x {height} pixels.",
            hint="Choose another region.",
        )


@dataclass(frozen=True, slots=True)
class ScreenPart:
    """A screen by name, '' for the primary one, or a region of it."""

    screen: str = ""
    region: Region | None = None

    def __str__(self) -> str:
        """As it is written in a spec; the opposite of `screen_part`."""
        named = f"{self.screen}@" if self.screen else ""
        return f"{named}{self.region}" if self.region is not None else self.screen


def screen_part(argument: str) -> ScreenPart:
    """What ``NAME``, ``WxH+X+Y`` or ``NAME@WxH+X+Y`` means; X and Y are the corner's place."""
    found = _REGION.fullmatch(argument)
    if found is None:
        return ScreenPart(argument)
    width, height, x, y = map(int, found.groups()[1:])
    return ScreenPart(found[1] or "", Region(width, height, x, y))


class Capture(Protocol):
    """Pictures of a screen or window as they come; used by the thread that began it."""

    @property
    def failure(self) -> str:
        """What the system says of a capture that has ended by itself, '' as long as it goes on."""
        ...

    def newest(self) -> Array | None:
        """BGRX uint8 [height, width, 4] since the last call; None if there is nothing new.

        It is valid until the next call. Never waits.
        """
        ...

    def close(self) -> None:
        """Stop capturing; may be called in any state."""
        ...


class ScreenInput(Protocol):
    """What can be captured: through Qt, or a script in tests."""

    def screens(self) -> tuple[ScreenEntry, ...]:
        """The screens, the primary one first; called on the window's thread."""
        ...

    def windows(self) -> tuple[str, ...]:
        """The titles of the windows of other programs; called on the window's thread."""
        ...

    def capture_screen(self, name: str) -> Capture:
        """Begin; any thread. Raises SourceError if there is no such screen or it is refused."""
        ...

    def capture_window(self, title: str) -> Capture:
        """Begin; any thread. Raises SourceError if there is no such window or it is refused."""
        ...
