"""What payloads are called: those that have no name of their own, in the user's language."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from backend.compare.bench import BenchResult
from backend.sources.registry import KINDS, SourceRegistry
from gui.widgets.language import marked, tr

PICTURE_FILE, SOUND_FILE = "frame.png", "sound.wav"
"""What carries the sample on show to a measurement."""
_ON_SHOW = {
    PICTURE_FILE: marked("the picture on show"),
    SOUND_FILE: marked("the sound on show"),
}
_NAMELESS = SourceRegistry(KINDS).titles | frozenset(_ON_SHOW.values())


def of_what_is_on_show(result: BenchResult) -> BenchResult:
    """The result of a sample of the live page, which a file handed on whose name says nothing."""
    at = result.conditions
    payloads = {_name(name): size for name, size in at.payloads.items()}
    cells = tuple(
        structs.replace(each, cell=replace(each.cell, payload=_name(each.cell.payload)))
        for each in result.cells
    )
    return structs.replace(result, conditions=structs.replace(at, payloads=payloads), cells=cells)


def _name(file: str) -> str:
    return _ON_SHOW.get(file, file)


def payload_text(name: str) -> str:
    """A payload's name for people; those of files stay as they are."""
    return tr(name) if name in _NAMELESS else name
