"""What a run came to: for the last line of `stream` and the table of a picture run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from backend.core.ledger import Counts
from backend.core.status import OutageCounts, Quantiles, SinkStatus, losses
from backend.core.traffic import Traffic

_NOTHING, _NO_OUTAGE = Traffic(), OutageCounts()


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run; `latency_ms` is captured to decoded of all answers, p50, p95 and p99.

    Answers that lived through an outage are in `outages` and in no latency. Bytes are those of all
    requests, whatever became of them; `wire_estimated` is about `wire_out`. `never_made` are frames
    that the source promised, by its rate or length. `missed` counts what readers of the run did not
    get, by their names.
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
    wire_out: int
    wire_in: int
    wire_estimated: bool
    ratio_out: float | None
    ratio_in: float | None
    outages: dict[str, float]
    clock_trouble: int
    never_made: int
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
            ("sent bytes", _bytes(self.bytes_out, self.wire_out, estimated=self.wire_estimated)),
            ("got bytes", _bytes(self.bytes_in, self.wire_in, estimated=False)),
            *self._troubles(),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

    def _troubles(self) -> list[tuple[str, str]]:
        """Rows that are there only if they have something to say."""
        rows = []
        if self.outages["count"]:
            rows.append(
                ("outages", f"{self.outages['count']:.0f}, {self.outages['seconds']:.1f} s")
            )
        if self.never_made:
            rows.append(("never made", f"{self.never_made}"))
        if self.clock_trouble:
            rows.append(("clock trouble", f"{self.clock_trouble}"))
        return rows


def summarise(
    counts: Counts,
    latency: Quantiles | None,
    *,
    state: str,
    seconds: float,
    traffic: Traffic = _NOTHING,
    outages: OutageCounts = _NO_OUTAGE,
    clock_trouble: int = 0,
    never_made: int = 0,
    error: str,
    sinks: Iterable[SinkStatus] = (),
) -> Summary:
    """The totals of a run."""
    found = (latency.p50, latency.p95, latency.p99) if latency is not None else (None, None, None)
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
        latency_ms=dict(zip(("p50", "p95", "p99"), map(_round, found), strict=True)),
        bytes_out=traffic.bytes_out,
        bytes_in=traffic.bytes_in,
        wire_out=traffic.wire_out,
        wire_in=traffic.wire_in,
        wire_estimated=traffic.estimated,
        ratio_out=_round(traffic.ratio_out),
        ratio_in=_round(traffic.ratio_in),
        outages={key: _round(value) or 0 for key, value in asdict(outages).items()},
        clock_trouble=clock_trouble,
        never_made=never_made,
        error=error,
        missed=losses(sinks),
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _bytes(message: int, wire: int, *, estimated: bool) -> str:
    sign = "≈ " if estimated else ""
    return f"{message:,}  ({sign}{wire:,} on the wire)"


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
