"""The rows of a result's charts: latency, rate, stages, bytes and processor time of each way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend.compare.bench import BenchResult, CellResult, Figure
from backend.core.choices import Transport
from gui.state.payload_names import payload_text
from gui.views.scales import milliseconds, short
from gui.views.stages import STAGE_NAMES
from gui.widgets.language import byte_size, tr

HUES = {Transport.REST: 1, Transport.GRPC: 0, Transport.GRPC_STREAM: 2}
"""Series of the palette by transport: a way has its colour in every chart."""


@dataclass(frozen=True, slots=True)
class Part:
    """A coloured stretch of a row's bar; `hue` is the number of a series or the name of a stage."""

    value: float
    hue: int | str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled row: stretches one after another from 0, or a dot with whiskers and marks.

    `key` is that of the way's cell.
    """

    key: str
    label: str
    value: str
    hue: int
    parts: tuple[Part, ...] = ()
    dot: Figure | None = None
    marks: tuple[float, ...] = ()

    @property
    def most(self) -> float:
        """The largest value in it."""
        dots = [self.dot.high or 0.0, self.dot.value or 0.0] if self.dot else []
        return max(sum(part.value for part in self.parts), *self.marks, *dots, 0.0, 0.0)


def latency_rows(result: BenchResult) -> list[Row]:
    """Medians with intervals, p95 and p99; the fastest first."""
    return [
        Row(
            cell.cell.key,
            _label(result, cell),
            milliseconds(cell.figure("p50_ms") or 0.0),
            HUES[cell.cell.transport],
            dot=cell.p50_ms,
            marks=tuple(
                value
                for value in (cell.figure("p95_ms"), cell.figure("p99_ms"))
                if value is not None
            ),
        )
        for cell in _fastest_first(result)
    ]


def rate_rows(result: BenchResult) -> list[Row]:
    """Answers a second, the most first."""
    measured = sorted(_fastest_first(result), key=lambda cell: -(cell.figure("rate") or 0.0))
    return [
        Row(
            cell.cell.key,
            _label(result, cell),
            rate_text(cell.figure("rate") or 0.0),
            HUES[cell.cell.transport],
            (Part(cell.figure("rate") or 0.0, HUES[cell.cell.transport]),),
        )
        for cell in measured
    ]


def stage_rows(result: BenchResult) -> list[Row]:
    """Where the median request's time goes."""
    return [
        Row(
            cell.cell.key,
            _label(result, cell),
            milliseconds(sum(cell.stages_ms.values())),
            HUES[cell.cell.transport],
            tuple(
                Part(max(0.0, value), name, tr(STAGE_NAMES[name]))
                for name, value in cell.stages_ms.items()
                if name in STAGE_NAMES
            ),
        )
        for cell in _fastest_first(result)
    ]


def byte_rows(result: BenchResult) -> list[Row]:
    """Bytes on the wire of a request and its reply."""
    return [
        Row(
            cell.cell.key,
            _label(result, cell),
            ("≈ " if cell.wire_estimated else "")
            + size_text((cell.wire_out or 0) + (cell.wire_in or 0)),
            HUES[cell.cell.transport],
            (Part(cell.wire_out or 0, 0, tr("sent")), Part(cell.wire_in or 0, 2, tr("received"))),
        )
        for cell in _fastest_first(result)
    ]


def cpu_rows(result: BenchResult) -> list[Row]:
    """Processor time of a request, here and at the server where that could be seen."""
    rows = []
    for cell in _fastest_first(result):
        parts = [Part(cell.client_cpu_ms or 0.0, 0, tr("here"))]
        if cell.server_cpu_ms is not None:
            parts.append(Part(cell.server_cpu_ms, 1, tr("server")))
        whole = sum(part.value for part in parts)
        rows.append(
            Row(
                cell.cell.key,
                _label(result, cell),
                milliseconds(whole),
                HUES[cell.cell.transport],
                tuple(parts),
            )
        )
    return rows


def _fastest_first(result: BenchResult) -> list[CellResult]:
    measured = [cell for cell in result.cells if cell.measured]
    return sorted(measured, key=lambda cell: cell.figure("p50_ms") or math.inf)


def _label(result: BenchResult, cell: CellResult) -> str:
    parts = [cell.cell.way]
    if len({each.cell.in_flight for each in result.cells}) > 1:
        parts.append(f"× {cell.cell.in_flight}")
    if len(result.conditions.payloads) > 1:
        parts.append(payload_text(cell.cell.payload))
    return ", ".join(parts)


def rate_text(value: float) -> str:
    """Answers a second."""
    return tr("{rate}/s", rate=short(value))


def size_text(value: float) -> str:
    """Bytes."""
    return byte_size(round(value))
