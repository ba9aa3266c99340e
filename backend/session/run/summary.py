"""What a run came to: for the last line of `stream` and the table of a picture run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from backend.core.ledger import Counts
from backend.core.rings import TraceRing
from backend.core.status import SinkStatus, losses
from backend.core.timing import percentiles


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run; `latency_ms` is capture to decoded answer, p50, p95 and p99.

    `missed` counts what readers of the run did not get, by their names.
    """

    state: str
    seconds: float
    frames_in: int
    sent: int
    answered: int
    failed: int
    in_flight: int
    dropped: dict[str, int]
    fps: float
    latency_ms: dict[str, float | None]
    bytes_out: int
    bytes_in: int
    error: str = ""
    missed: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Plain values for the summary line."""
        return asdict(self)

    def as_table(self) -> str:
        """Two aligned columns for people."""
        rows = [
            ("state", self.state + (f" ({self.error})" if self.error else "")),
            ("time", f"{self.seconds:.1f} s"),
            ("in", f"{self.frames_in}"),
            ("sent", f"{self.sent}"),
            ("answered", f"{self.answered}  ({self.fps:.1f}/s)"),
            ("failed", f"{self.failed}"),
            ("dropped", _dropped(self.dropped)),
            *([("missed", _by_name(self.missed))] if self.missed else []),
            ("latency", _latency(self.latency_ms)),
            ("sent bytes", f"{self.bytes_out:,}"),
            ("got bytes", f"{self.bytes_in:,}"),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def summarise(
    counts: Counts,
    traces: TraceRing,
    *,
    state: str,
    seconds: float,
    bytes_out: int,
    bytes_in: int,
    error: str,
    sinks: Iterable[SinkStatus] = (),
) -> Summary:
    """The totals of a run; percentiles are over the answers that the ring still holds."""
    found = percentiles(traces.window()[traces.columns["total"]])
    p50, p95, p99 = found or (None, None, None)
    return Summary(
        state=state,
        seconds=round(seconds, 3),
        frames_in=counts.captured,
        sent=counts.sent,
        answered=counts.answered,
        failed=counts.failed,
        in_flight=counts.in_flight,
        dropped={str(place): number for place, number in sorted(counts.dropped.items())},
        fps=round(counts.answered / seconds, 2) if seconds > 0 else 0.0,
        latency_ms={"p50": _round(p50), "p95": _round(p95), "p99": _round(p99)},
        bytes_out=bytes_out,
        bytes_in=bytes_in,
        error=error,
        missed=losses(sinks),
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _dropped(dropped: dict[str, int]) -> str:
    total = sum(dropped.values())
    return f"{total}  ({_by_name(dropped)})" if total else "0"


def _by_name(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.items())


def _latency(latency_ms: dict[str, float | None]) -> str:
    return "  ".join(
        f"{name} {'-' if value is None else f'{value:.1f} ms'}"
        for name, value in latency_ms.items()
    )
