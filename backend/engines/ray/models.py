"""Which models replicas serve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RayModels:
    """Which models are served: repositories and files by paths that every node has."""

    repositories: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    bundled: bool = True
    runs_code: bool = False
    prefix: str = "inferdeck"
    """Of the names of our applications, so that two servers may share a cluster."""
