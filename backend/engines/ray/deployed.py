"""The replicas of one load of a model, as they are known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.engines.ray.messages import ReplicaReport


@dataclass(eq=False, slots=True)
class Deployed:
    """The replicas of one load of a model; `reports` are their last ones."""

    model: str
    handle: Any
    sticky: bool
    """Whether the requests of a sequence keep to one replica."""
    reports: tuple[ReplicaReport, ...] = ()
    lost: int = 0
    """Requests that were in a replica when it was lost."""
    versions: int = 0
    """Those that are still served."""

    def trouble(self, version: str) -> str:
        """Why no replica takes requests for that version, '' if one does."""
        said = [report.trouble.get(version, "") for report in self.reports]
        return said[0] if said and all(said) else ""
