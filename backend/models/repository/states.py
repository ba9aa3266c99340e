"""What the repository's index says about a version of a model."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

from backend.core.errors import ConsoleError
from backend.models.config import legible

_log = logging.getLogger("inferdeck.models")


class ModelState(StrEnum):
    """The states of a version, in the protocol's words; NONE is one that was never loaded."""

    NONE = ""
    LOADING = "LOADING"
    READY = "READY"
    UNAVAILABLE = "UNAVAILABLE"
    UNLOADING = "UNLOADING"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One row of the index; a model that was never loaded has a name only."""

    name: str
    version: str = ""
    state: ModelState = ModelState.NONE
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BrokenVersion:
    """A version that could not be loaded, while others of its model could, and why."""

    version: str
    reason: str


UNLOADED = "unloaded"
"""The reason of a version that was unloaded because somebody asked for it."""


def reason_of(error: Exception) -> str:
    """What the index says of a version that failed to load; what was not foreseen is logged."""
    if isinstance(error, ConsoleError):
        return legible(str(error))
    _log.error("A model failed to load unexpectedly", exc_info=error)
    return legible(f"{type(error).__name__}: {error}")
