"""How a figure grows with the number in flight or the size of the payload: a line for each way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.compare.bench import BenchResult, CellResult, knee
from gui.compare.rows import HUES
from gui.state.payload_names import payload_text
from gui.views.scales import milliseconds, short, ticks
from gui.widgets.language import byte_size, number, tr


@dataclass(frozen=True, slots=True)
class Curve:
    """A way's points; `knee` is the place of the one that is enough, -1 for none.

    `notes` say of each point what its axes do not, where there is something.
    """

    name: str
    hue: int
    points: tuple[tuple[float, float], ...]
    knee: int = -1
    dashed: bool = False
    notes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Of the points' cells."""


@dataclass(frozen=True, slots=True)
class Axes:
    """What the axes are called and how their values are written; both are logarithmic."""

    x: str
    y: str
    x_text: Callable[[float], str]
    y_text: Callable[[float], str]
    measured_x: bool = True
    """Whether the values measured are those worth writing at the x axis."""


def throughput(result: BenchResult) -> tuple[list[Curve], Axes]:
    """Answers a second over the number in flight, with each way's knee."""
    axes = Axes(tr("requests in flight"), tr("answers a second"), short, short)
    curves = []
    for name, cells in _ways(result, by_payload=True).items():
        ordered = sorted(cells, key=lambda cell: cell.cell.in_flight)
        points = tuple((cell.cell.in_flight, cell.figure("rate") or 0.0) for cell in ordered)
        enough = knee(ordered)
        place = -1 if enough is None else ordered.index(enough)
        curves.append(_curve(name, ordered, points, place))
    return [curve for curve in curves if len(curve.points) > 1], axes


def cost_by_size(result: BenchResult) -> tuple[list[Curve], Axes]:
    """Median latency over the size of the payload."""
    sizes = result.conditions.payloads
    axes = Axes(
        tr("size of the payload"), tr("median latency"), lambda x: byte_size(round(x)), milliseconds
    )
    curves = []
    for name, cells in _ways(result, by_payload=False).items():
        ordered = sorted(cells, key=lambda cell: sizes[cell.cell.payload])
        points = tuple(
            (float(sizes[cell.cell.payload]), cell.figure("p50_ms") or 0.0) for cell in ordered
        )
        curves.append(_curve(name, ordered, points))
    return [curve for curve in curves if len(curve.points) > 1], axes


def latency_by_rate(result: BenchResult) -> tuple[list[Curve], Axes]:
    """Median latency over answers a second, along the number in flight: what the last ones cost."""
    axes = Axes(tr("answers a second"), tr("median latency"), short, milliseconds, measured_x=False)
    curves = []
    for name, cells in _ways(result, by_payload=True).items():
        ordered = sorted(cells, key=lambda cell: cell.cell.in_flight)
        points = tuple(
            (cell.figure("rate") or 0.0, cell.figure("p50_ms") or 0.0) for cell in ordered
        )
        enough = knee(ordered)
        place = -1 if enough is None else ordered.index(enough)
        notes = tuple(tr("{count} in flight", count=number(c.cell.in_flight)) for c in ordered)
        curves.append(_curve(name, ordered, points, place, notes))
    return [curve for curve in curves if len(curve.points) > 1], axes


def _curve(
    name: str,
    cells: Sequence[CellResult],
    points: tuple[tuple[float, float], ...],
    place: int = -1,
    notes: tuple[str, ...] = (),
) -> Curve:
    way = cells[0].cell
    plain = str(way.serialization) in ("raw", "binary")
    keys = tuple(each.cell.key for each in cells)
    hue = HUES[way.transport]
    return Curve(name, hue, points, place, dashed=not plain, notes=notes, keys=keys)


def _ways(result: BenchResult, *, by_payload: bool) -> dict[str, list[CellResult]]:
    """The measured cells of each way that differ in one thing only."""
    several = by_payload and len(result.conditions.payloads) > 1
    flights = len({cell.cell.in_flight for cell in result.cells}) > 1
    found: dict[str, list[CellResult]] = {}
    for cell in result.cells:
        if cell.measured:
            name = (
                f"{cell.cell.way}, {payload_text(cell.cell.payload)}" if several else cell.cell.way
            )
            if not by_payload and flights:
                name = f"{name}, × {cell.cell.in_flight}"
            found.setdefault(name, []).append(cell)
    return found


def axis_values(
    low: float, high: float, at_most: int, measured: Sequence[float] = ()
) -> list[float]:
    """Round values from low to high, both positive; those `measured` where they fit and suffice."""
    decades = [10.0**power for power in range(-9, 16)]
    fine = [step * decade for decade in decades for step in (1, 2, 5)]
    for values in (measured, fine, decades, decades[::3]):
        inside = [value for value in values if low <= value <= high]
        if 1 < len(inside) <= at_most:
            return inside
    return [value for value in ticks(low, high, at_most) if value > 0]
