"""What an answer's time is mostly spent on, and the switch that was measured to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from backend.compare.bench import PRESETS, STAGE_PHRASES, BenchResult, Cell, CellResult, Preset
from backend.core.choices import ImageEncoding
from backend.core.samples import MediaKind
from backend.core.status import Alert, RunState, RunStatus, Severity, SourceState
from gui.state.measured_ways import faster_than, way_in_use
from gui.state.payload_names import payload_text
from gui.state.switches import Switches
from gui.views.plots import LatencyReport
from gui.views.scales import milliseconds
from gui.widgets.language import byte_size, number, tr

TOPIC = "bottleneck"
"""The alert's id."""

_LEAST_MS = 5.0
"""Below this nobody waits for messages."""
_LEAST_SHARE = 0.5
_WARM_UP_S = 4.0
_READINGS = 6
_REWRITE_S = 5.0
_SIDES: Mapping[str, str] = {
    "prepare": "",
    "encode": "way",
    "send": "way",
    "wire": "way",
    "server_and_network": "",
    "server_decode": "way",
    "server_queue": "",
    "server_input": "",
    "server_infer": "",
    "server_output": "way",
    "server_encode": "way",
    "receive": "way",
    "decode": "way",
}
"""The stages of an exchange; another way to send the same sample changes those marked `way`."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What takes most of the time of what another way would change.

    `used` and `faster` are what was measured of the way in use and of a better one, in the result
    made at `when`; both None where nobody has measured the way in use. Then `preset` would.
    """

    stage: str
    used: CellResult | None = None
    faster: CellResult | None = None
    when: str = ""
    size: int = 0
    preset: Preset | None = None

    def alert(self) -> Alert:
        """As a condition for the alerts; its figures are those measured, which stand still."""
        title = tr("Most of an answer's time: {stage}", stage=tr(STAGE_PHRASES[self.stage]))
        if self.used is None or self.faster is None:
            body = tr(
                "Another way to send it may take less. Which one, and how much less, has not been "
                "measured for this target and model."
            )
            return Alert(TOPIC, Severity.INFO, title, body)
        body = tr(
            "{faster} takes {time} where {used} takes {used_time}: medians of {payload} ({size}), "
            "{in_flight} in flight, measured {when}.",
            faster=self.faster.cell.way,
            time=milliseconds(self.faster.figure("p50_ms") or 0.0),
            used=self.used.cell.way,
            used_time=milliseconds(self.used.figure("p50_ms") or 0.0),
            payload=payload_text(self.used.cell.payload),
            size=byte_size(self.size),
            in_flight=number(self.used.cell.in_flight),
            when=self.when,
        )
        return Alert(TOPIC, Severity.INFO, title, body)


class BottleneckWatch:
    """Reads a run twice a second; says so only of what lasts, and not while a model warms up."""

    def __init__(self) -> None:
        self._way: Switches | None = None
        self.reset()

    def reset(self) -> None:
        """Another run."""
        self._since_s: float | None = None
        self._readings = 0
        self._shown, self._shown_s = "", 0.0

    def read(
        self, status: RunStatus, report: LatencyReport | None, switches: Switches, now_s: float
    ) -> str:
        """The stage that lastingly takes most, '' for none that another way would change."""
        live = status.source.state is SourceState.LIVE and status.state is RunState.STREAMING
        if switches != self._way or not live:
            self.reset()
            self._way = switches
        self._since_s = now_s if self._since_s is None else self._since_s
        if report is None or now_s - self._since_s < _WARM_UP_S:
            return ""
        found = bottleneck_of(report)
        self._readings = self._readings + 1 if found else 0
        if self._readings < _READINGS:
            self._shown = ""
        elif not self._shown or now_s - self._shown_s >= _REWRITE_S:
            self._shown, self._shown_s = found, now_s  # of two alike, one is named for a while
        return self._shown


def bottleneck_of(report: LatencyReport) -> str:
    """The stage that takes most of an exchange, if another way would change it.

    '' where they take less than half of it together, or where the exchange takes under 5 ms.
    """
    spans = {name: max(0.0, value) for name, value in report.spans if name in _SIDES}
    total = sum(spans.values())
    mendable = {name: value for name, value in spans.items() if _SIDES[name]}
    if total < _LEAST_MS or sum(mendable.values()) < _LEAST_SHARE * total:
        return ""
    return max(mendable, key=lambda name: mendable[name])


def advice_on(
    stage: str,
    switches: Switches,
    kind: MediaKind,
    in_flight: int,
    result: BenchResult | None,
) -> Advice | None:
    """What is known to mend it; None where the way in use was measured to be as good as any."""
    way = replace(way_in_use(switches, kind), in_flight=in_flight)
    used = _measured(way, result)
    if used is None or result is None:
        return Advice(stage, preset=_preset_of(way))
    faster = faster_than(used, result)
    if faster is None:
        return None
    when = result.made_at.replace("T", " ").removesuffix("+00:00") + " UTC"
    size = result.conditions.payloads.get(used.cell.payload, 0)
    return Advice(stage, used, faster, when, size)


def switched_to(switches: Switches, cell: Cell) -> Switches:
    """The switches that send as the cell does; the number in flight stays."""
    changed = replace(
        switches,
        api=cell.api,
        transport=cell.transport,
        image=cell.image,
        compression=cell.compression,
    )
    return changed.with_serialization(cell.serialization)


def _measured(way: Cell, result: BenchResult | None) -> CellResult | None:
    """What a result has of a way at this number in flight, or else at the least there is."""
    found = [
        each
        for each in (result.cells if result is not None else ())
        if each.measured and replace(way, payload=each.cell.payload) == _at(each.cell, way)
    ]
    exact = [each for each in found if each.cell.in_flight == way.in_flight]
    return min(exact or found, key=lambda each: each.cell.in_flight, default=None)


def _at(cell: Cell, way: Cell) -> Cell:
    return replace(cell, in_flight=way.in_flight)


@lru_cache(maxsize=64)
def _preset_of(way: Cell) -> Preset:
    """The question that measures this way among its like; presets leave the API to who asks.

    The compare page measures the way in use besides, if no preset has it.
    """
    wanted = replace(way, in_flight=1)
    for preset in (Preset.TRANSPORT, Preset.CAMERA):
        cells = replace(PRESETS[preset], payloads=("",), apis=(way.api,)).cells()
        if wanted in cells:
            return preset
    return Preset.TRANSPORT if way.image is ImageEncoding.RAW else Preset.CAMERA
