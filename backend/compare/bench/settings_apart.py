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
    """What became of median and bytes of one way, 1 is no difference; None as the phrase where
    neither differs by more than the noise."""

    median: float
    sent: float
    phrase: Say | None


def settings_notes(cells: Sequence[CellResult], language: Language) -> list[str]:
    """A note for each setting that makes a difference, over all ways that have it both ways."""
    found: dict[str, list[_Effect]] = {}
    known = {each.cell: each for each in cells}
    for cell in cells:
        for without, setting in _without(cell.cell, language):
            if (effect := _effect(cell, known.get(without))) is not None:
                found.setdefault(setting, []).append(effect)
    noted = ((setting, _beyond_noise(effects)) for setting, effects in found.items())
    return [_note(setting, effects, language) for setting, effects in noted if effects]


def _beyond_noise(effects: Sequence[_Effect]) -> list[_Effect]:
    """Those on the median if there are any, or else those on the bytes alone."""
    timed = [each for each in effects if each.phrase not in (None, Say.SETTING_SAVES)]
    return timed or [each for each in effects if each.phrase is not None]


def _note(setting: str, effects: Sequence[_Effect], language: Language) -> str:
    """What all ways agree in, or else only how far it goes."""
    phrases = {each.phrase for each in effects}
    phrase = phrases.pop() if len(phrases) == 1 else None
    return language.text(
        phrase or Say.SETTING_VARIES,
        setting=setting[:1].upper() + setting[1:],
        factor=_range((each.median for each in effects), 1, language),
        percent=_range((100 * each.sent for each in effects), 0, language),
    )


def _without(cell: Cell, language: Language) -> Iterator[tuple[Cell, str]]:
    """The ways that lack one setting of this one, and what it is called.

    What gzip is for is said by gzip: the other settings are compared without it.
    """
    packed = cell.compression is Compression.GZIP
    if cell.serialization in _PLAINER and not packed:
        plainer, phrase = _PLAINER[cell.serialization]
        yield replace(cell, serialization=plainer), language.text(phrase)
    if cell.image is not ImageEncoding.RAW and not packed:
        text = language.text(Say.IMAGE_FOR_PIXELS, image=cell.image.upper())
        yield replace(cell, image=ImageEncoding.RAW), text
    if packed:
        text = language.text(Say.GZIP_ON, what=_carried(cell, language))
        yield replace(cell, compression=Compression.NONE), text


def _carried(cell: Cell, language: Language) -> str:
    """What is compressed; the bytes of tensors are the same over REST and gRPC."""
    if cell.image is not ImageEncoding.RAW:
        return cell.image.upper()
    if cell.serialization.carries_files:
        return language.text(Say.PIXELS)
    return str(cell.serialization)


def _effect(cell: CellResult, without: CellResult | None) -> _Effect | None:
    """What the setting does; None where nothing is known."""
    if without is None or not (cell.wire_out and without.wire_out):
        return None
    if cell.p50_ms is None or without.p50_ms is None:
        return None
    median = value_of(cell.p50_ms) / value_of(without.p50_ms)
    sent = cell.wire_out / without.wire_out
    same_time = tied(cell.p50_ms, without.p50_ms)
    return _Effect(median, sent, _phrase(median, sent, same_time=same_time))


def _phrase(median: float, sent: float, *, same_time: bool) -> Say | None:
    fewer, more = sent < 1 / (1 + SAME_WITHIN), sent > 1 + SAME_WITHIN
    if same_time:
        return Say.SETTING_SAVES if fewer else None
    if median < 1:
        return Say.SETTING_SPENDS if more else Say.SETTING_GAINS
    return Say.SETTING_PAYS if fewer else Say.SETTING_LOSES


def _range(values: Iterable[float], decimals: int, language: Language) -> str:
    ordered = sorted(values)
    least, most = (language.number(value, decimals) for value in (ordered[0], ordered[-1]))
    if least == most:
        return least
    return language.text(Say.ONE_TO_OTHER, least=least, most=most)
