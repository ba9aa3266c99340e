"""What a run came to: for the last line of `stream` and the table of a picture run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from backend.core.errors import plain_number
from backend.core.ledger import Counts
from backend.core.status import OutageCounts, Quantiles, SinkStatus, losses
from backend.core.traffic import Traffic
from backend.core.wording import Wording

_NOTHING, _NO_OUTAGE = Traffic(), OutageCounts()


_STATES = {
    "finished": Wording("finished"),
    "stopped": Wording("stopped"),
    "failed": Wording("failed"),
}
_PLACES = {
    "waiting": Wording("waiting"),
    "overtaken": Wording("overtaken"),
    "switched": Wording("switched"),
    "stopped": Wording("stopped"),
}


@dataclass(frozen=True, slots=True)
class TableLanguage:
    """How a table is put: `say` translates a Wording, `number` writes a value with so many
    decimals, `whole` one that is large."""

    say: Callable[[str], str] = str
    number: Callable[[float, int], str] = plain_number
    whole: Callable[[int], str] = "{:,}".format


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

    def as_table(self, language: TableLanguage | None = None) -> str:
        """Two aligned columns for people, in English or in the words of `language`."""
        put = language or TableLanguage()
        rows = [(put.say(name), value) for name, value in self._rows(put)]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

    def _rows(self, put: TableLanguage) -> Iterator[tuple[Wording, str]]:
        state = put.say(_STATES.get(self.state, self.state))
        yield Wording("state"), state + (f" ({put.say(self.error)})" if self.error else "")
        yield Wording("time"), f"{put.number(self.seconds, 1)} s"
        yield Wording("in"), f"{self.frames_in}"
        yield Wording("sent"), f"{self.sent}"
        yield Wording("answered"), f"{self.answered}  ({put.number(self.fps, 1)}/s)"
        yield Wording("failed"), f"{self.failed}"
        yield Wording("dropped"), _dropped(self.dropped, put)
        if self.missed:
            yield Wording("missed"), _by_name(self.missed, put)
        yield Wording("latency"), _latency(self.latency_ms, put)
        out = _bytes(self.bytes_out, self.wire_out, put, estimated=self.wire_estimated)
        yield Wording("sent bytes"), out
        yield Wording("got bytes"), _bytes(self.bytes_in, self.wire_in, put, estimated=False)
        if self.outages["count"]:
            lasted = put.number(self.outages["seconds"], 1)
            yield Wording("outages"), f"{self.outages['count']:.0f}, {lasted} s"
        if self.never_made:
            yield Wording("never made"), f"{self.never_made}"
        if self.clock_trouble:
            yield Wording("clock trouble"), f"{self.clock_trouble}"


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


def _bytes(message: int, wire: int, put: TableLanguage, *, estimated: bool) -> str:
    sign = "≈ " if estimated else ""
    on_wire = put.say(Wording("{bytes} on the wire", bytes=sign + put.whole(wire)))
    return f"{put.whole(message)}  ({on_wire})"


def _dropped(dropped: dict[str, int], put: TableLanguage) -> str:
    total = sum(dropped.values())
    return f"{total}  ({_by_name(dropped, put)})" if total else "0"


def _by_name(counted: dict[str, int], put: TableLanguage) -> str:
    return ", ".join(
        f"{put.say(_PLACES.get(name, name))} {number}" for name, number in counted.items()
    )


def _latency(latency_ms: dict[str, float | None], put: TableLanguage) -> str:
    return "  ".join(
        f"{name} {'-' if value is None else f'{put.number(value, 1)} ms'}"
        for name, value in latency_ms.items()
    )
