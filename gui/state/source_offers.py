"""The sources that the source menu and the palette can offer, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.sources.kind import SourceGroup, SourceKind
from backend.sources.registry import SourceRegistry
from gui.widgets.language import marked, tr

RECENT = SourceGroup(
    marked("Recent"),
    marked("Nothing opened yet"),
    marked("Files, folders and addresses appear here once they were used."),
)
"""The menu's last heading."""


@dataclass(frozen=True, slots=True)
class SourceOffer:
    """A source that can be chosen; `missing` says why it cannot be used now, but stays chosen.

    Title and tip are in the window's language: what a kind says of itself is translated when it is
    offered, names of devices and files never are.
    """

    spec: str
    title: str
    group: SourceGroup
    tip: str = ""
    missing: str = ""


def offer_of(
    kind: SourceKind, argument: str = "", title: str = "", tip: str = "", missing: str = ""
) -> SourceOffer:
    """The source of that kind and argument, by default called what its kind calls it."""
    spec = kind.spec(argument)
    return SourceOffer(spec, title or source_title(kind, spec), kind.group or RECENT, tip, missing)


def standing_offers(sources: SourceRegistry) -> tuple[SourceOffer, ...]:
    """The kinds of sources that are always there."""
    return tuple(
        offer_of(kind, tip=tr(kind.tip))
        for kind in sources.kinds
        if kind.group is not None and not kind.device
    )


def source_title(kind: SourceKind, spec: str) -> str:
    """What the source of a spec of that kind is called: names stay as they are."""
    title = kind.title_for(spec)
    return title if kind.argument(spec) else tr(title)


def recent_offers(sources: SourceRegistry, specs: Sequence[str]) -> tuple[SourceOffer, ...]:
    """Sources that were used before, without their secrets."""
    return tuple(
        SourceOffer(spec, source_title(sources.kind_of(spec), spec), RECENT, sources.redacted(spec))
        for spec in specs
    )
