"""What one setting does: ways that differ in nothing else, and by more than the noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from backend.compare.bench.cells import Cell
from backend.compare.bench.noise import SAME_WITHIN, tied, value_of
from backend.compare.bench.phrases import Language, Say
from backend.compare.bench.result import CellResult
from backend.core.choices import Compression, ImageEncoding, Serialization

_PLAINER = {
    Serialization.JSON: (Serialization.BINARY, Say.JSON_FOR_BYTES),
    Serialization.TYPED: (Serialization.RAW, Say.TYPED_FOR_RAW),
}


@dataclass(frozen=True, slots=True)
class _Effect:
    """What became of median and bytes of one way; 1 is no difference."""

    setting: str
    median: float
    sent: float
    phrase: Say


def settings_notes(cells: Sequence[CellResult], language: Language) -> list[str]:
    """A note for each setting that makes a difference, over all ways that have it both ways."""
    found: dict[tuple[str, Say], list[_Effect]] = {}
    for effect in _effects(cells, language):
        found.setdefault((effect.setting, effect.phrase), []).append(effect)
    return [
        language.text(
            phrase,
            setting=setting[:1].upper() + setting[1:],
            factor=_range((each.median for each in effects), 1, language),
            percent=_range((100 * each.sent for each in effects), 0, language),
        )
        for (setting, phrase), effects in found.items()
    ]


def _effects(cells: Sequence[CellResult], language: Language) -> Iterator[_Effect]:
    known = {each.cell: each for each in cells}
    for cell in cells:
        for without, setting in _without(cell.cell, language):
            other = known.get(without)
            if other is not None and (effect := _effect(cell, other, setting)) is not None:
                yield effect


def _without(cell: Cell, language: Language) -> Iterator[tuple[Cell, str]]:
    """The ways that lack one setting of this one, and what it is called."""
    if cell.serialization in _PLAINER:
        plainer, phrase = _PLAINER[cell.serialization]
        yield replace(cell, serialization=plainer), language.text(phrase)
    if cell.image is not ImageEncoding.RAW:
        text = language.text(Say.IMAGE_FOR_PIXELS, image=cell.image.upper())
        yield replace(cell, image=ImageEncoding.RAW), text
    if cell.compression is Compression.GZIP:
        text = language.text(Say.GZIP_ON, what=_carried(cell, language))
        yield replace(cell, compression=Compression.NONE), text


def _carried(cell: Cell, language: Language) -> str:
    """What is compressed; the bytes of tensors are the same over REST and gRPC."""
    if cell.image is not ImageEncoding.RAW:
        return cell.image.upper()
    if cell.serialization.carries_files:
        return language.text(Say.PIXELS)
    return str(cell.serialization)


def _effect(cell: CellResult, without: CellResult, setting: str) -> _Effect | None:
    """What the setting does, None where neither median nor bytes differ, or nothing is known."""
    if cell.p50_ms is None or without.p50_ms is None or not (cell.wire_out and without.wire_out):
        return None
    median, sent = (
        value_of(cell.p50_ms) / value_of(without.p50_ms),
        cell.wire_out / without.wire_out,
    )
    same_time, fewer = tied(cell.p50_ms, without.p50_ms), sent < 1 / (1 + SAME_WITHIN)
    if same_time:
        return _Effect(setting, median, sent, Say.SETTING_SAVES) if fewer else None
    if median < 1:
        more = sent > 1 + SAME_WITHIN
        return _Effect(setting, median, sent, Say.SETTING_SPENDS if more else Say.SETTING_GAINS)
    return _Effect(setting, median, sent, Say.SETTING_PAYS if fewer else Say.SETTING_LOSES)


def _range(values: Iterable[float], decimals: int, language: Language) -> str:
    ordered = sorted(values)
    least, most = (language.number(value, decimals) for value in (ordered[0], ordered[-1]))
    if least == most:
        return least
    return language.text(Say.ONE_TO_OTHER, least=least, most=most)
