"""What the figures say: the best way, what ties with it, where another is right, and why.

Advice is given only where the difference is larger than the noise of the measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from backend.compare.bench.result import BenchResult, CellResult, Figure
from backend.core.choices import Serialization, Transport

SAME_WITHIN = 0.05
"""Smaller differences are called ties even where the intervals are apart."""
_KNEE_GAIN = 0.10
"""Doubling what is in flight must bring so much more, or it was enough before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sentence` says what won and by how much; `notes` what it costs and when others are right."""

    sentence: str
    notes: tuple[str, ...] = ()


def verdict_of(result: BenchResult) -> Verdict:
    """What a run says, in English."""
    measured = [cell for cell in result.cells if cell.measured]
    if not measured:
        return Verdict("Nothing could be measured.", _reasons(result))
    sentences = []
    notes: list[str] = []
    for payload, cells in _by_payload(measured):
        single = _least_in_flight(cells)
        sentences.append(_ranking(payload, result, single))
        notes += _tail(single)
        notes += _cost(single)
        notes += _knees(cells)
    return Verdict(" ".join(sentences), tuple(dict.fromkeys((*notes, *_doubts(result)))))


def knee(cells: Sequence[CellResult]) -> CellResult | None:
    """Of one way at rising numbers in flight, the last that brought 10 % more than the one before;
    None for fewer than two."""
    ordered = sorted(cells, key=lambda each: each.cell.in_flight)
    if len(ordered) < 2:
        return None
    best = ordered[0]
    for cell in ordered[1:]:
        if _value(cell.rate) >= _value(best.rate) * (1 + _KNEE_GAIN):
            best = cell
    return best


def tied(one: Figure | None, other: Figure | None) -> bool:
    """Whether two figures differ by no more than 5 %, or their intervals overlap."""
    if one is None or other is None or None in (one.value, other.value):
        return False
    low, high = sorted((_value(one), _value(other)))
    if high <= low * (1 + SAME_WITHIN):
        return True
    return not (_high(one) < _low(other) or _high(other) < _low(one))


def ways_by_knee(cells: Sequence[CellResult]) -> dict[str, CellResult]:
    """The knee of every way that was measured at several numbers in flight."""
    found = {}
    for way, group in groupby(sorted(cells, key=_way), key=_way):
        at = knee(list(group))
        if at is not None:
            found[way] = at
    return found


def _ranking(payload: str, result: BenchResult, cells: Sequence[CellResult]) -> str:
    ordered = sorted(cells, key=lambda each: _value(each.p50_ms))
    best, rest = ordered[0], ordered[1:]
    equal = [each for each in rest if tied(best.p50_ms, each.p50_ms)]
    behind = [each for each in rest if each not in equal]
    size = f"{payload} ({_bytes(result.conditions.payloads.get(payload, 0))})"
    if equal:
        names = _and([_name(each) for each in (best, *equal)])
        text = f"For {size}, {names} tie at a median of {_ms(best.p50_ms)}"
    else:
        text = f"For {size}, {_name(best)} is fastest at a median of {_ms(best.p50_ms)}"
    if not behind:
        return f"{text}."
    parts = [
        f"{_name(each)} takes {_value(each.p50_ms) / _value(best.p50_ms):.1f}x as long{_why(each)}"
        for each in behind
    ]
    return f"{text}; {_and(parts)}."


def _why(cell: CellResult) -> str:
    """Where most of a slow way's time goes, if one stage holds it."""
    stages = cell.stages_ms
    whole = _value(cell.p50_ms)
    if not stages or not whole:
        return ""
    name, most = max(stages.items(), key=lambda each: each[1])
    share = most / whole
    return f" ({100 * min(share, 1):.0f} % of it {_STAGE_WORDS[name]})" if share >= 0.5 else ""


_STAGE_WORDS = {
    "prepare": "making the tensors here",
    "encode": "writing the request here",
    "send": "handing the request to the system",
    "wire": "between here and the server",
    "server_and_network": "between here and the model",
    "server_decode": "the server's reading of the request",
    "server_queue": "waiting in the server's queue",
    "server_input": "the server's reading of the input",
    "server_infer": "the model",
    "server_output": "the server's writing of the output",
    "server_encode": "the server's writing of the reply",
    "receive": "taking the reply from the system",
    "decode": "reading the reply here",
}


def _tail(cells: Sequence[CellResult]) -> list[str]:
    """Where the best median is not the best tail."""
    by_median = min(cells, key=lambda each: _value(each.p50_ms))
    by_tail = min(cells, key=lambda each: _value(each.p99_ms))
    if by_tail is by_median or tied(by_tail.p99_ms, by_median.p99_ms):
        return []
    return [
        (
            f"{_name(by_tail)} has the better tail: 99 % within {_ms(by_tail.p99_ms)}, "
            f"{_name(by_median)} {_ms(by_median.p99_ms)}."
        )
    ]


def _cost(cells: Sequence[CellResult]) -> list[str]:
    """What the fastest costs in bytes, and what plain JSON is still right for."""
    best = min(cells, key=lambda each: _value(each.p50_ms))
    sized = [each for each in cells if each.wire_out]
    notes = []
    if sized:
        least = min(sized, key=lambda each: each.wire_out or 0)
        if best.wire_out and least.wire_out and best.wire_out > 1.2 * least.wire_out:
            notes.append(
                f"{_name(least)} sends least: {_bytes(least.wire_out)} a request, "
                f"{_name(best)} {_bytes(best.wire_out)}. Over a slow network that decides."
            )
    if any(each.cell.serialization is Serialization.JSON for each in cells):
        notes.append("JSON is right where requests are written by hand or read by people.")
    if best.cell.transport.is_grpc and any(each.cell.transport is Transport.REST for each in cells):
        notes.append(
            "REST is right where proxies, browsers or load balancers must understand the traffic."
        )
    return notes


def _knees(cells: Sequence[CellResult]) -> list[str]:
    return [
        f"{way}: {at.cell.in_flight} in flight is enough, with {_value(at.rate):.0f} answers a "
        f"second."
        for way, at in ways_by_knee(cells).items()
    ]


def _doubts(result: BenchResult) -> list[str]:
    """What makes the figures less certain."""
    doubts = []
    unstable = [each for each in result.cells if each.measured and not each.stable]
    if unstable:
        doubts.append(
            f"{len(unstable)} of {sum(each.measured for each in result.cells)} ways did not "
            f"settle within 10 %: measure longer, or on a quieter machine."
        )
    failed = sum(each.failed for each in result.cells)
    if failed:
        doubts.append(f"{failed} requests failed; they have no latency.")
    if result.conditions.cancelled:
        doubts.append("It was ended early; what had been measured is shown.")
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


def _name(cell: CellResult) -> str:
    return cell.cell.way


def _value(figure: Figure | None) -> float:
    return float("inf") if figure is None or figure.value is None else figure.value


def _low(figure: Figure) -> float:
    return _value(figure) if figure.low is None else figure.low


def _high(figure: Figure) -> float:
    return _value(figure) if figure.high is None else figure.high


def _ms(figure: Figure | None) -> str:
    value = _value(figure)
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms"


def _bytes(count: float) -> str:
    for unit, size in (("MB", 1024**2), ("KB", 1024)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} bytes"


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
