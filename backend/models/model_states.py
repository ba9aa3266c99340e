"""What the repository's index says about a version of a model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


UNLOADED = "unloaded"
"""The reason of a version that was unloaded because somebody asked for it."""
