"""How far a download is, told often enough to be seen and seldom enough to cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

_EVERY_S = 0.1


class Phase(StrEnum):
    """What is being done."""

    WAITING = "waiting"
    """Another process fetches the same model."""
    CONNECTING = "connecting"
    FETCHING = "fetching"
    PIP = "pip"
    """pip fetches a wheel, and does not say how far it is."""
    CHECKING = "checking"
    INSTALLING = "installing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a download, in bytes; what an earlier attempt had saved is counted with it.

    `received` of `size` are of the file at `path`, which for one of a part begins with the part's
    name; `total_received` of `total` are of the whole model with its parts.
    """

    model: str
    phase: Phase
    path: str = ""
    received: int = 0
    size: int = 0
    total_received: int = 0
    total: int = 0


OnProgress: TypeAlias = Callable[[Progress], None]


def ignore(_progress: Progress) -> None:
    """For who does not want to know."""


class Reporter:
    """Tells the progress of one model; every change of file or phase, and bytes ten times a second.

    Used by the thread that fetches, on which `tell` is called.
    """

    def __init__(self, model: str, total: int, tell: OnProgress) -> None:
        self.model = model
        self._total = total
        self._tell = tell
        self._before = 0
        self._path = ""
        self._size = 0
        self._told = 0.0

    def file(self, path: str, size: int) -> None:
        """The next file begins."""
        self._before += self._size
        self._path, self._size = path, size

    def skip(self, size: int) -> None:
        """So many bytes of it were there before."""
        self._before += size

    def phase(self, phase: Phase, received: int = 0) -> None:
        """Something else is done now."""
        self._told = time.monotonic()
        self._tell(self._progress(phase, received))

    def received(self, count: int) -> None:
        """So many bytes of the file are there."""
        if time.monotonic() - self._told >= _EVERY_S:
            self.phase(Phase.FETCHING, count)

    def _progress(self, phase: Phase, received: int) -> Progress:
        done = self._total if phase is Phase.DONE else self._before + received
        return Progress(self.model, phase, self._path, received, self._size, done, self._total)
