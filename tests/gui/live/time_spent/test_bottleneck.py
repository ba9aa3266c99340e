"""What takes the time, the switch that was measured to mend it, and what it brought."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject

from backend.compare.bench import BenchResult, Preset
from backend.core.choices import EMBEDDED, Compression, ImageEncoding, Serialization, Transport
from backend.core.samples import MediaKind
from backend.core.status import RunState, RunStatus, SourceInfo, SourceState, SourceStatus
from gui.live.time_spent.adviser import Adviser
from gui.live.time_spent.bottleneck import (
    TOPIC,
    BottleneckWatch,
    advice_on,
    bottleneck_of,
    switched_to,
)
from gui.state.measured_ways import MeasuredWays
from gui.state.models.switching import SwitchModel
from gui.state.settings import Settings, SettingsStore
from gui.state.switches import Switches
from gui.views.plots import LatencyReport
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result
from tests.gui.inspect.inspect_stage import ListeningNotifier
from tests.gui.shell_fakes import SOURCES

JSON = Switches(transport=Transport.REST, rest_serialization=Serialization.JSON)
CAMERA = SourceInfo(MediaKind.IMAGE, "camera", live=True, width=640, height=480, rate=30.0)
STREAMING = RunStatus(
    state=RunState.STREAMING, source=SourceStatus(SourceState.LIVE, CAMERA), in_flight_limit=1
)
FOUND = result(
    cell_result(REST_JSON, 26.0), cell_result(REST_BINARY, 3.0), cell_result(STREAM, 2.0)
)


def report(p50: float = 30.0, samples: float = 100, **spans: float) -> LatencyReport:
    return LatencyReport(tuple(spans.items()), p50, p50, p50, p50, np.zeros(40), int(samples))


SLOW = report(wait=50.0, encode=3.0, wire=1.0, server_infer=2.0, server_output=20.0)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ({"server_output": 20.0, "encode": 3.0, "server_infer": 2.0}, "server_output"),
        ({"wait": 900.0, "wire": 20.0, "server_infer": 2.0}, "wire"),
        ({"encode": 9.0, "server_infer": 20.0}, ""),  # no switch makes a model faster
        ({"encode": 2.0, "wire": 2.0}, ""),  # nobody waits for 4 ms
        ({"server_and_network": 90.0, "encode": 9.0}, ""),  # may be the model: not told apart
        ({"wire": -50.0, "encode": 9.0, "server_infer": 20.0}, ""),
        ({}, ""),
    ],
)
def test_the_stage_is_one_that_another_way_would_change(
    spans: dict[str, float], expected: str
) -> None:
    assert bottleneck_of(report(**spans)) == expected


def test_only_what_lasts_is_said_and_a_switch_begins_anew() -> None:
    watch, now = BottleneckWatch(), iter(np.arange(100.0, 200.0, 0.5))

    def read(switches: Switches = JSON, status: RunStatus = STREAMING) -> str:
        return watch.read(status, SLOW, switches, next(now))

    first = [read() for _ in range(20)]
    assert first[:13] == [""] * 13
    assert first[13:] == ["server_output"] * 7
    assert read(replace(JSON, in_flight=2)) == ""
    assert [read(replace(JSON, in_flight=2)) for _ in range(13)][-1] == "server_output"
    assert read(status=replace(STREAMING, state=RunState.RECONNECTING)) == ""


def test_of_two_that_are_alike_one_is_named_for_a_while() -> None:
    watch = BottleneckWatch()
    one = report(decode=20.0, server_decode=19.0, server_infer=1.0)
    other = report(decode=19.0, server_decode=20.0, server_infer=1.0)
    said = [
        watch.read(STREAMING, (one, other)[place % 2], JSON, 100 + place / 2) for place in range(40)
    ]
    assert said[13] != ""
    assert set(said[13:23]) == {said[13]}


def test_a_gain_that_was_measured_is_said_with_its_switch() -> None:
    advice = advice_on("server_output", JSON, MediaKind.IMAGE, 1, FOUND)
    assert advice is not None
    alert = advice.alert()
    assert alert.id == TOPIC
    assert alert.title == "Most of an answer's time: the server's writing of the output"
    assert alert.body == (
        "OIP gRPC stream, raw takes 2.0 ms where OIP REST, json takes 26.0 ms: medians of frame "
        "(900.0 KiB), 1 in flight, measured 2026-01-01 00:00:00 UTC."
    )
    assert advice.faster is not None
    mended = switched_to(JSON, advice.faster.cell)
    assert (mended.transport, mended.serialization) == (Transport.GRPC_STREAM, Serialization.RAW)


@pytest.mark.parametrize(
    ("switches", "preset"),
    [
        (JSON, Preset.TRANSPORT),
        (replace(JSON, compression=Compression.GZIP), Preset.TRANSPORT),
        (Switches(image=ImageEncoding.JPEG), Preset.CAMERA),
        (Switches(compression=Compression.GZIP), Preset.CAMERA),
        (Switches(image=ImageEncoding.PNG), Preset.CAMERA),
    ],
)
def test_nothing_is_guessed_where_nothing_was_measured(switches: Switches, preset: Preset) -> None:
    advice = advice_on("wire", switches, MediaKind.IMAGE, 1, None)
    assert advice is not None
    assert advice.preset == preset
    assert "has not been measured" in advice.alert().body


@pytest.mark.parametrize(
    "found",
    [
        result(cell_result(REST_JSON, 26.0), cell_result(STREAM, 25.9)),
        result(cell_result(REST_JSON, 26.0, noise=0.9), cell_result(STREAM, 5.0, noise=0.9)),
        result(cell_result(REST_JSON, 26.0)),
    ],
)
def test_no_advice_within_the_noise(found: BenchResult) -> None:
    assert advice_on("wire", JSON, MediaKind.IMAGE, 1, found) is None


def test_the_number_in_flight_is_that_of_the_run_if_it_was_measured() -> None:
    several = result(
        *(
            cell_result(replace(cell, in_flight=flight), p50)
            for cell, flight, p50 in (
                (REST_JSON, 1, 26.0),
                (STREAM, 1, 2.0),
                (REST_JSON, 4, 60.0),
                (STREAM, 4, 5.0),
            )
        )
    )
    four = advice_on("wire", JSON, MediaKind.IMAGE, 4, several)
    other = advice_on("wire", JSON, MediaKind.IMAGE, 3, several)
    assert four is not None
    assert other is not None
    assert four.used is not None
    assert other.used is not None
    assert (four.used.cell.in_flight, other.used.cell.in_flight) == (4, 1)


class Run:
    """The adviser of a window with these switches, read twice a second."""

    def __init__(self, qapp: QObject) -> None:
        del qapp
        store = SettingsStore(None, Settings(switches=JSON), pytest.fail, SOURCES)
        self.switches, self.ways = SwitchModel(store), MeasuredWays()
        self.notifier = ListeningNotifier()
        self.adviser = Adviser(self.switches, self.ways, self.notifier)
        self._now_s = 100.0

    def read(self, times: int = 1, spans: LatencyReport = SLOW) -> list[str]:
        alerts: list[str] = []
        for _ in range(times):
            self._now_s += 0.5
            found = self.adviser.read(STREAMING, spans, MediaKind.IMAGE, self._now_s)
            alerts = [alert.body for alert in found]
        return alerts


def test_what_was_not_measured_can_be_asked_for(qapp: QObject) -> None:
    run, wanted = Run(qapp), list[str]()
    run.ways.wanted.connect(wanted.append)
    (body,) = run.read(20)
    assert "has not been measured" in body
    (action,) = run.adviser.actions()
    action.run()
    assert wanted == [Preset.TRANSPORT]
    run.ways.keep(EMBEDDED, run.switches.current.model, FOUND)
    (body,) = run.read()
    assert "takes 2.0 ms" in body


def test_switching_as_advised_is_measured_in_the_run(qapp: QObject) -> None:
    run = Run(qapp)
    run.ways.keep(EMBEDDED, run.switches.current.model, FOUND)
    run.read(20)
    (action,) = run.adviser.actions()
    assert action.title == "Switch to OIP gRPC stream, raw"
    action.run()
    assert run.switches.current.transport is Transport.GRPC_STREAM
    quick = report(p50=2.1, wire=1.0, server_infer=1.0)
    assert run.read(11, quick) == []
    assert run.notifier.notices == []
    run.read(2, quick)
    (notice,) = run.notifier.notices
    assert notice.title == "OIP gRPC stream, raw: median latency 2.1 ms, 30.0 ms before"


def test_another_switch_before_it_is_judged_says_nothing(qapp: QObject) -> None:
    run = Run(qapp)
    run.ways.keep(EMBEDDED, run.switches.current.model, FOUND)
    run.read(20)
    run.adviser.actions()[0].run()
    run.switches.use(JSON)
    run.read(40)
    assert run.notifier.notices == []
