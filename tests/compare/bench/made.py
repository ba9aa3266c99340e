"""Windows and results made for tests, without a server."""

from __future__ import annotations

from collections.abc import Iterable

from backend.compare.bench.answers import Window
from backend.compare.bench.cells import Cell
from backend.compare.bench.result import BenchResult, CellResult, Conditions, Figure, Machine
from backend.core.choices import Serialization, Transport
from backend.core.histogram import DurationHistogram

REST_BINARY = Cell("frame", transport=Transport.REST, serialization=Serialization.BINARY)
REST_JSON = Cell("frame", transport=Transport.REST, serialization=Serialization.JSON)
STREAM = Cell("frame")


def window(latencies_ms: Iterable[float], rate: float = 100.0) -> Window:
    """A window with these latencies."""
    return Window(rate, 1.0, DurationHistogram.of(latencies_ms), {}, 10.0, 20.0)


def cell_result(
    cell: Cell,
    p50_ms: float,
    *,
    noise: float = 0.01,
    tail: float = 2.0,
    rate: float = 100.0,
    stable: bool = True,
    failed: int = 0,
    bytes_out: float = 1000.0,
    stages_ms: dict[str, float] | None = None,
) -> CellResult:
    """A measured cell; its p99 is `tail` times its median, intervals are `noise` either way."""

    def figure(value: float) -> Figure:
        return Figure(value, value * (1 - noise), value * (1 + noise))

    return CellResult(
        cell,
        "measured",
        windows=5,
        stable=stable,
        answered=500,
        failed=failed,
        p50_ms=figure(p50_ms),
        p90_ms=figure(p50_ms * tail),
        p95_ms=figure(p50_ms * tail),
        p99_ms=figure(p50_ms * tail),
        max_ms=p50_ms * tail,
        rate=figure(rate),
        bytes_out=bytes_out,
        bytes_in=10.0,
        wire_out=bytes_out,
        wire_in=10.0,
        stages_ms=stages_ms or {},
        histogram=DurationHistogram.of([p50_ms]).sparse(),
    )


def result(*cells: CellResult, cancelled: bool = False) -> BenchResult:
    """A run that found these."""
    conditions = Conditions(
        target="embedded",
        rest="http://127.0.0.1:1",
        grpc="127.0.0.1:2",
        server="inferdeck",
        server_process="child",
        model="identity",
        payloads={each.cell.payload: 921_600 for each in cells},
        arrivals="closed",
        rate=0.0,
        seed=1,
        budget_s=5.0,
        window_s=0.2,
        cancelled=cancelled,
    )
    return BenchResult("2026-01-01T00:00:00+00:00", Machine.this(), conditions, cells)
