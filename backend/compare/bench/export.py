"""A result as a table for people, as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from backend.compare.bench.against import Change
from backend.compare.bench.answers import STAGES
from backend.compare.bench.result import FIGURES, BenchResult, CellResult
from backend.compare.bench.verdict import Verdict

_COLUMNS = (
    ("p50 ms", "p50_ms", "{:.2f}"),
    ("p95 ms", "p95_ms", "{:.2f}"),
    ("p99 ms", "p99_ms", "{:.2f}"),
    ("answers/s", "rate", "{:.0f}"),
    ("out bytes", "bytes_out", "{:,.0f}"),
    ("in bytes", "bytes_in", "{:,.0f}"),
    ("out wire", "wire_out", "{:,.0f}"),
    ("in wire", "wire_in", "{:,.0f}"),
    ("client CPU ms", "client_cpu_ms", "{:.2f}"),
    ("server CPU ms", "server_cpu_ms", "{:.2f}"),
)
_CELL = ("payload", "api", "transport", "serialization", "image", "compression", "in_flight")


def as_table(result: BenchResult) -> str:
    """Columns of equal width, the fastest of each payload first."""
    rows = [["way", "in flight", "payload", *(title for title, _, _ in _COLUMNS), ""]]
    rows += [_row(cell) for cell in _ordered(result)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def as_markdown(result: BenchResult, verdict: Verdict) -> str:
    """The verdict, the table and the conditions."""
    head = ["way", "in flight", "payload", *(title for title, _, _ in _COLUMNS), "note"]
    lines = [verdict.sentence, "", *(f"* {note}" for note in verdict.all_notes), ""]
    lines += [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_row(cell))} |" for cell in _ordered(result)]
    at, machine = result.conditions, result.machine
    lines += [
        "",
        (
            f"Model {at.model} of {at.server or at.target}, measured {result.made_at} from "
            f"{machine.system} ({machine.cores} cores, Python {machine.python}, Inferdeck "
            f"{machine.inferdeck}), {at.arrivals} loop, windows of {at.window_s:.2f} s; "
            f"timed: {at.timed}{'; beside a stream of the live page' if at.beside_stream else ''}."
        ),
    ]
    return "\n".join(lines) + "\n"


def as_csv(result: BenchResult) -> str:
    """A line a cell: its settings, all figures with their intervals, all stages."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    with_intervals = ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "rate")
    bounds = [f"{name}_{end}" for name in with_intervals for end in ("low", "high")]
    writer.writerow(
        [*_CELL, "status", "reason", *FIGURES, *bounds, *(f"{stage}_ms" for stage in STAGES)]
    )
    for cell in result.cells:
        intervals = [
            getattr(getattr(cell, name), end, None)
            for name in with_intervals
            for end in ("low", "high")
        ]
        writer.writerow(
            [
                *(getattr(cell.cell, name) for name in _CELL),
                cell.status,
                cell.reason,
                *(cell.figure(name) if cell.measured else None for name in FIGURES),
                *intervals,
                *(cell.stages_ms.get(stage) for stage in STAGES),
            ]
        )
    return out.getvalue()


def changes_as_table(changes: Sequence[Change]) -> str:
    """Only what differs by more than the noise, or a line that says nothing does."""
    lines = [
        f"{change.cell.way}, {change.cell.in_flight} in flight, {change.cell.payload}: "
        f"{change.figure} {change.before:g} -> {change.now:g} ({change.ratio:.2f}x)"
        for change in changes
        if change.differs and change.ratio is not None
    ]
    return "\n".join(lines) or f"Nothing of {len(changes)} figures differs by more than the noise."


def _ordered(result: BenchResult) -> list[CellResult]:
    payloads = list(result.conditions.payloads)

    def place(cell: CellResult) -> tuple[int, float]:
        median = cell.figure("p50_ms") if cell.measured else None
        return payloads.index(cell.cell.payload), float("inf") if median is None else median

    return sorted(result.cells, key=place)


def _row(cell: CellResult) -> list[str]:
    figures = [_figure(cell, name, form) for _, name, form in _COLUMNS]
    if not cell.measured:
        figures = [""] * len(_COLUMNS)
    note = cell.reason or ("" if cell.stable else "not stable")
    return [cell.cell.way, str(cell.cell.in_flight), cell.cell.payload, *figures, note]


def _figure(cell: CellResult, name: str, form: str) -> str:
    value = cell.figure(name)
    if value is None:
        return "-"
    return ("≈" if name == "wire_out" and cell.wire_estimated else "") + form.format(value)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    way, *rest = row
    *figures, note = rest
    cells = [f"{text:>{width}}" for text, width in zip(figures, widths[1:-1], strict=True)]
    return "  ".join([f"{way:<{widths[0]}}", *cells, note]).rstrip()
