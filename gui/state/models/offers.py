"""The models that can be offered, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.core.choices import why_not_model
from backend.core.samples import MediaKind
from gui.state.models.rows import ModelRow, Repository
from gui.widgets.language import tr

if TYPE_CHECKING:  # the server's own modules are heavy and are imported off the window's thread
    from backend.server.plane import ModelStatus


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model that can be chosen, or is there and cannot."""

    name: str
    kind: MediaKind
    description: str = ""
    blocked: str = ""
    """Why it cannot be streamed to now."""
    origin: str = ""
    """Where its profile comes from, in a word; '' where that goes without saying."""

    def why_not(self, kind: MediaKind) -> str:
        """Why it cannot be chosen for a source of this kind, or ''."""
        return self.blocked or why_not_model(kind, self.kind)


def model_offers(
    served: Sequence[ModelStatus], repositories: Sequence[Repository]
) -> tuple[ModelOffer, ...]:
    """The models that the embedded server serves, then those of its repositories."""
    theirs = {row.name: row for r in repositories if r.root is not None for row in r.models}
    own = [
        ModelOffer(row.name, row.kind, row.description) for row in served if row.name not in theirs
    ]
    found = [
        ModelOffer(row.name, MediaKind.BYTES, blocked="" if row.loaded else _why_not_stream(row))
        for row in theirs.values()
    ]
    return (*own, *found)


def _why_not_stream(row: ModelRow) -> str:
    state = f"{row.state}: {row.reason}" if row.reason else str(row.state)
    return tr("{model} is not ready. {state}", model=row.name, state=state).rstrip(". ") + "."
