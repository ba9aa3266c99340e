"""One model file on its way into a repository, as whoever waits for it sees it and can end it."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from backend.models.servable import ModelLoadError

CANCELLED = "it was cancelled"


class AdoptionStep(StrEnum):
    """What is being done with the file."""

    COPYING = "copying"
    TRYING = "trying"


@dataclass(frozen=True, slots=True)
class AdoptionProgress:
    """How far it is; the bytes are those to be copied, 0 before they are known."""

    step: AdoptionStep = AdoptionStep.COPYING
    done: int = 0
    total: int = 0


class Adoption:
    """Its progress, and a way to end it; both from any thread. Each is for one file.

    `name` is that of no model; a trial load goes by it.
    """

    def __init__(self) -> None:
        self.name = f".adoption-{uuid.uuid4().hex}"
        self.progress = AdoptionProgress()
        self._lock = threading.Lock()
        self._cancelled = False
        self._ends: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Give up; returns at once, and may be called twice."""
        with self._lock:
            self._cancelled = True
            ends = tuple(self._ends)
        for end in ends:
            end()

    def check(self) -> None:
        """Raise ModelLoadError if it was cancelled."""
        if self._cancelled:
            raise ModelLoadError(CANCELLED)

    @contextlib.contextmanager
    def ended_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Meanwhile `cancel` calls `end` too, on its own thread; raises as `check` does."""
        with self._lock:
            self.check()
            self._ends.append(end)
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)

    def copying(self, total: int) -> None:
        """So many bytes are to be copied."""
        self.progress = AdoptionProgress(AdoptionStep.COPYING, 0, total)

    def copied(self, size: int) -> None:
        """So many more bytes were; raises as `check` does."""
        self.check()
        now = self.progress
        self.progress = AdoptionProgress(now.step, now.done + size, now.total)

    def trying(self) -> None:
        """It is loaded for the first time; raises as `check` does."""
        self.check()
        now = self.progress
        self.progress = AdoptionProgress(AdoptionStep.TRYING, now.total, now.total)
