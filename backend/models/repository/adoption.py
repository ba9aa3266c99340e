"""One model file on its way into a repository, as whoever waits for it sees it and can end it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from backend.core.cancelling import Cancellable
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


class Adoption(Cancellable):
    """Its progress, and a way to end it; both from any thread. Each is for one file.

    `name` is that of no model; a trial load goes by it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.name = f".adoption-{uuid.uuid4().hex}"
        self.progress = AdoptionProgress()

    def check(self) -> None:
        """Raise ModelLoadError if it was cancelled."""
        if self.cancelled:
            raise ModelLoadError(CANCELLED)

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
