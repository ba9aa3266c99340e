"""What the figures say: the best way, what ties with it, where another is right, and why.

Advice is given only where the difference is larger than the noise of the measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from backend.compare.bench.noise import tied, value_of
from backend.compare.bench.phrases import ENGLISH, STAGE_PHRASES, Language, Say
from backend.compare.bench.result import BenchResult, CellResult
from backend.compare.bench.settings_apart import settings_notes
from backend.core.bench_choices import Timed
from backend.core.choices import Serialization, Transport

_MOST_NAMED, _FIRST_NAMED = 5, 3
"""So many ways are named in a sentence; of more, the first ones."""
_MOST_BEHIND = 2
"""So many slower ways are told one by one: the sentence is read at a glance, the table has all."""
_KNEE_GAIN = 0.10
"""Doubling what is in flight must bring so much more, or it was enough before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sentence` says what won and by how much; `doubts` what makes that less certain; `notes` what
    it costs and when others are right."""

    sentence: str
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Everything after the sentence, in the order in which it matters."""
        return self.doubts + self.notes


def verdict_of(result: BenchResult, language: Language = ENGLISH) -> Verdict:
    """What a run says."""
    measured = [cell for cell in result.cells if cell.measured]
    if not measured:
        return Verdict(language.text(Say.NOTHING), notes=_reasons(result))
    sentences = []
    between: list[str] = []
    notes: list[str] = []
    payloads = _by_payload(measured)
    for payload, cells in payloads:
        single = _least_in_flight(cells)
        # Of several sizes, the sentence is about the first and the last, and the last has room
        # for all of its ways; of several numbers in flight, it is about throughput.
        whole = payload == payloads[-1][0]
        size = language.bytes(result.conditions.payloads.get(payload, 0))
        sent = f"{language.name(payload)} ({size})"
        most = _most(sent, cells, language)
        ranking = _ranking("" if most else sent, single, language, whole=whole)
        said = [*most, ranking]
        shown = 1 if whole or payload == payloads[0][0] else 0
        sentences += said[:shown]
        between += said[shown:]
        notes += _tail(single, language)
        notes += _cost(single, language)
        if whole:
            notes += settings_notes(single, language)
        notes += _knees(cells, language)
    if result.conditions.timed == Timed.EXCHANGE:
        notes.append(language.text(Say.EXCHANGE_ALONE))
    return Verdict(
        " ".join(sentences),
        tuple(_doubts(result, language)),
        tuple(dict.fromkeys(between + notes)),
    )


def knee(cells: Sequence[CellResult]) -> CellResult | None:
    """Of one way at rising numbers in flight, the last that brought 10 % more than the one before;
    None for fewer than two."""
    ordered = sorted(cells, key=lambda each: each.cell.in_flight)
    if len(ordered) < 2:
        return None
    best = ordered[0]
    for cell in ordered[1:]:
        if value_of(cell.rate) >= value_of(best.rate) * (1 + _KNEE_GAIN):
            best = cell
    return best


def ways_by_knee(cells: Sequence[CellResult]) -> dict[str, CellResult]:
    """The knee of every way that was measured at several numbers in flight."""
    found = {}
    for way, group in groupby(sorted(cells, key=_way), key=_way):
        at = knee(list(group))
        if at is not None:
            found[way] = at
    return found


def _most(payload: str, cells: Sequence[CellResult], language: Language) -> list[str]:
    """What brings the most answers a second, where several numbers in flight were asked about."""
    knees = sorted(ways_by_knee(cells).values(), key=lambda each: -value_of(each.rate))
    if not knees:
        return []
    equal = [each for each in knees[1:] if tied(knees[0].rate, each.rate)]
    ways = [
        language.text(Say.WITH, way=_way(each), count=each.cell.in_flight)
        for each in (knees[0], *equal)
    ]
    rate = _range(
        [language.number(value_of(each.rate), 0) for each in (*equal[::-1], knees[0])], language
    )
    phrase = Say.MOST_TIE if equal else Say.MOST
    return [language.text(phrase, payload=payload, ways=_few(ways, language), rate=rate)]


def _ranking(payload: str, cells: Sequence[CellResult], language: Language, *, whole: bool) -> str:
    """Which way is fastest; without a payload's name, that was said and the number in flight is."""
    ordered = sorted(cells, key=lambda each: value_of(each.p50_ms))
    best, rest = ordered[0], ordered[1:]
    equal = [each for each in rest if tied(best.p50_ms, each.p50_ms)]
    behind = [each for each in rest if each not in equal]
    phrase = Say.TIE if equal else Say.FASTEST if behind else Say.ONLY
    if not payload:
        phrase = Say.TIE_WITH if equal else Say.FASTEST_WITH
    text = language.text(
        phrase,
        payload=payload,
        count=best.cell.in_flight,
        ways=_few([_way(each) for each in (best, *equal)], language),
        # Intervals may overlap where the medians are far apart.
        time=_range([language.ms(each.p50_ms) for each in (best, *equal)], language),
    )
    if not behind or not whole:
        return f"{text}."
    return f"{text}; {_behind(best, behind, language)}."


def _range(rising: Sequence[str], language: Language) -> str:
    """From the first to the last of these."""
    least, most = rising[0], rising[-1]
    if least == most:
        return least
    return language.text(Say.ONE_TO_OTHER, least=least, most=most)


def _few(names: list[str], language: Language) -> str:
    """Of many, the first ones and how many more there are."""
    if len(names) > _MOST_NAMED:
        names[_FIRST_NAMED:] = [language.text(Say.MANY_TIE, count=len(names) - _FIRST_NAMED)]
    return language.all_of(names)


def _behind(best: CellResult, behind: Sequence[CellResult], language: Language) -> str:
    """By how much the others are slower; of many only how far it goes."""

    def factor(cell: CellResult) -> str:
        return language.number(value_of(cell.p50_ms) / value_of(best.p50_ms), 1)

    if len(behind) > _MOST_BEHIND:
        last = behind[-1]
        text = language.text(
            Say.MANY_BEHIND,
            count=len(behind),
            least=factor(behind[0]),
            most=factor(last),
            way=_way(last),
        )
        return text + _why(last, language)
    return language.all_of(
        [
            language.text(Say.BEHIND, way=_way(each), factor=factor(each)) + _why(each, language)
            for each in behind
        ]
    )


def _why(cell: CellResult, language: Language) -> str:
    """Where most of a slow way's time goes, if one stage holds it."""
    stages = cell.stages_ms
    whole = value_of(cell.p50_ms)
    if not stages or not whole:
        return ""
    name, most = max(stages.items(), key=lambda each: each[1])
    share = most / whole
    if share < 0.5:
        return ""
    part = language.text(STAGE_PHRASES[name])
    percent = language.number(100 * min(share, 1), 0)
    return " " + language.text(Say.OF_WHICH, percent=percent, part=part)


def _tail(cells: Sequence[CellResult], language: Language) -> list[str]:
    """Where the best median is not the best tail."""
    by_median = min(cells, key=lambda each: value_of(each.p50_ms))
    by_tail = min(cells, key=lambda each: value_of(each.p99_ms))
    if by_tail is by_median or tied(by_tail.p99_ms, by_median.p99_ms):
        return []
    return [
        language.text(
            Say.TAIL,
            way=_way(by_tail),
            time=language.ms(by_tail.p99_ms),
            other=_way(by_median),
            other_time=language.ms(by_median.p99_ms),
        )
    ]


def _cost(cells: Sequence[CellResult], language: Language) -> list[str]:
    """What the fastest costs in bytes, and what plain JSON is still right for."""
    best = min(cells, key=lambda each: value_of(each.p50_ms))
    sized = [each for each in cells if each.wire_out]
    notes = []
    if sized:
        least = min(sized, key=lambda each: each.wire_out or 0)
        if best.wire_out and least.wire_out and best.wire_out > 1.2 * least.wire_out:
            notes.append(
                language.text(
                    Say.LEAST_BYTES,
                    way=_way(least),
                    size=language.bytes(least.wire_out),
                    other=_way(best),
                    other_size=language.bytes(best.wire_out),
                )
            )
    if any(each.cell.serialization is Serialization.JSON for each in cells):
        notes.append(language.text(Say.JSON_IS_RIGHT))
    if best.cell.transport.is_grpc and any(each.cell.transport is Transport.REST for each in cells):
        notes.append(language.text(Say.REST_IS_RIGHT))
    return notes


def _knees(cells: Sequence[CellResult], language: Language) -> list[str]:
    return [
        language.text(
            Say.KNEE, way=way, count=at.cell.in_flight, rate=language.number(value_of(at.rate), 0)
        )
        for way, at in ways_by_knee(cells).items()
    ]


def _doubts(result: BenchResult, language: Language) -> list[str]:
    """What makes the figures less certain."""
    doubts = []
    measured = [each for each in result.cells if each.measured]
    given_up = [each for each in measured if each.reason]
    if given_up:
        doubts.append(
            language.text(
                Say.GIVEN_UP, count=len(given_up), all=len(measured), reason=given_up[0].reason
            )
        )
    unstable = sum(not each.stable and not each.reason for each in measured)
    if unstable:
        doubts.append(language.text(Say.UNSTABLE, count=unstable, all=len(measured)))
    if failed := sum(each.failed for each in result.cells):
        reason = max(result.cells, key=lambda each: each.failed).most_failed
        phrase = Say.FAILED_SO if reason else Say.FAILED
        doubts.append(language.text(phrase, count=failed, reason=reason))
    if result.conditions.beside_stream:
        doubts.append(language.text(Say.BESIDE_STREAM))
    if result.conditions.cancelled:
        doubts.append(language.text(Say.ENDED_EARLY))
    return doubts


def _reasons(result: BenchResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.reason for each in result.cells if each.reason))


def _by_payload(
    cells: Sequence[CellResult],
) -> list[tuple[str, list[CellResult]]]:
    names = dict.fromkeys(each.cell.payload for each in cells)
    return [(name, [each for each in cells if each.cell.payload == name]) for name in names]


def _least_in_flight(cells: Sequence[CellResult]) -> list[CellResult]:
    least = min(each.cell.in_flight for each in cells)
    return [each for each in cells if each.cell.in_flight == least]


def _way(cell: CellResult) -> str:
    return cell.cell.way
