"""A model that is slower than its source: when that is said, and what is advised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.core.rings import TraceRing
from backend.core.samples import MediaKind
from backend.core.status import RunState, RunStatus, SourceInfo, SourceState, SourceStatus
from backend.session.lanes.delivery import TRACE_COLUMNS
from gui.live.notices.shortfall import SHORTFALL, Part, Shortfall, ShortfallWatch, shortfall_of
from gui.live.strip.texts import slot_texts
from gui.views.plots import LatencyReport
from tests.gui.shell_stage import Stage, begin

# The offscreen platform says so about every window with a smallest size.

_CAMERA = SourceInfo(MediaKind.IMAGE, "camera", live=True, width=640, height=480, rate=60.0)


def status(rate_out: float, rate_in: float = 30.0, info: SourceInfo = _CAMERA) -> RunStatus:
    return RunStatus(
        state=RunState.STREAMING,
        source=SourceStatus(SourceState.LIVE, info),
        rate_in=rate_in,
        rate_out=rate_out,
    )


def report(**spans: float) -> LatencyReport:
    return LatencyReport(tuple(spans.items()), 1.0, 1.0, 1.0, 1.0, np.zeros(40), 100)


SLOW = report(wait=50.0, prepare=2.0, encode=3.0, wire=10.0, server_infer=85.0, draw=20.0)


class Run:
    """Readings twice a second."""

    def __init__(self) -> None:
        self.watch, self._now_s = ShortfallWatch(), 1000.0

    def read(
        self, rate_out: float, times: int = 1, model: str = "m", spans: LatencyReport = SLOW
    ) -> Shortfall | None:
        found = None
        for _ in range(times):
            self._now_s += 0.5
            found = self.watch.read(status(rate_out), spans, model, self._now_s)
        return found


def test_what_lasts_is_said_with_rate_part_and_share() -> None:
    run = Run()
    assert run.read(9.0, times=13) is None  # it may still warm up
    found = run.read(9.0, times=2)
    assert found == Shortfall(9.0, 30.0, Part.MODEL, 0.85, 1000 / 85, pictures=True)
    alert = found.alert()
    assert alert.title == "The model manages 9.0 of 30 frames a second"
    assert alert.body.startswith("85 % of the time is the model.")
    assert alert.body.endswith("One copy of it alone would manage 12 at best.")


def test_who_keeps_up_or_is_slow_for_a_moment_hears_nothing() -> None:
    run = Run()
    assert run.read(29.5, times=40) is None
    assert run.read(9.0, times=5) is None
    assert run.read(29.5, times=1) is None
    assert run.read(9.0, times=5) is None


def test_it_is_over_once_the_source_is_kept_up_with() -> None:
    run = Run()
    run.read(9.0, times=20)
    assert run.read(29.9, times=5) is not None
    assert run.read(29.9) is None


def test_its_words_change_every_five_seconds_only() -> None:
    run = Run()
    first = run.read(9.0, times=15)
    assert run.read(8.0, times=8) is first
    later = run.read(8.0, times=4)
    assert later is not None
    assert later.rate == 8.0


def test_another_model_warms_up_again() -> None:
    run = Run()
    run.read(9.0, times=20)
    assert run.read(9.0, times=10, model="other") is None
    assert run.read(9.0, times=10, model="other") is not None


def test_a_pause_of_the_run_is_no_slowness() -> None:
    run = Run()
    run.read(9.0, times=20)
    stopped = replace(status(9.0), state=RunState.RECONNECTING)
    assert run.watch.read(stopped, SLOW, "m", 2000.0) is None
    assert run.read(9.0) is None


@pytest.mark.parametrize(
    ("spans", "part", "words"),
    [
        ({"server_queue": 50.0, "server_infer": 20.0}, Part.QUEUE, "More instances"),
        ({"server_and_network": 50.0, "encode": 5.0}, Part.SERVER, "does not tell"),
        ({"wire": 50.0, "server_infer": 20.0}, Part.NETWORK, "transport"),
        ({"encode": 50.0, "prepare": 9.0, "server_infer": 20.0}, Part.MESSAGES, "encoding"),
        ({"server_decode": 50.0, "server_infer": 20.0}, Part.MESSAGES, "serialisation"),
    ],
)
def test_the_advice_goes_with_the_largest_part(
    spans: dict[str, float], part: Part, words: str
) -> None:
    found = shortfall_of(status(9.0), report(**spans))
    assert found is not None
    assert found.part is part
    assert words in found.alert().body


def test_a_file_is_measured_by_its_own_rate_and_sound_by_its_windows() -> None:
    film = replace(_CAMERA, live=False, rate=25.0)
    found = shortfall_of(status(9.0, rate_in=9.0, info=film), SLOW)
    assert found is not None
    assert found.wanted == 25.0
    sound = SourceInfo(MediaKind.AUDIO, "tone", live=True, rate=48_000)
    found = shortfall_of(status(4.0, rate_in=10.0, info=sound), SLOW)
    assert found is not None
    assert found.wanted == 10.0
    assert found.alert().title == "The model manages 4.0 of 10 windows of sound a second"
    assert shortfall_of(status(0.0, rate_in=0.0), SLOW) is None
    assert shortfall_of(status(9.0), None) is None


def test_the_strip_says_what_would_help() -> None:
    found = shortfall_of(status(9.0), SLOW)
    assert found is not None
    slot = slot_texts(status(9.0), 50.0, shortfall=found.alert())["out"]
    assert slot.level == "warning"
    assert "85 %" in slot.tip
    assert slot_texts(status(9.0), 50.0)["out"].level == ""


def test_the_window_says_so_among_its_alerts_until_the_run_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(stage)
    readout, alerts = stage.live.readout, stage.live.page.alerts
    session.now = replace(session.now, rate_in=30.0, rate_out=9.0)
    session.traces = TraceRing(TRACE_COLUMNS, 64)
    clock = [5000.0]
    monkeypatch.setattr("gui.live.readout.time.monotonic", lambda: clock[0])
    for _ in range(16):
        clock[0] += 0.5
        row = {"at_s": clock[0], "latency": 100.0, "server_infer": 85.0, "wire": 15.0}
        session.traces.append({**row, "lane": 0})
        stage.live.page.write(session, int(clock[0] * 1e9))
        readout.refresh()
    assert [alert.title for alert in alerts.alerts if alert.id == SHORTFALL] == [
        "The model manages 9.0 of 30 frames a second"
    ]
    assert "85 %" in stage.live.strip._slots["out"].toolTip()
    readout.run_ended(session)
    assert not [alert for alert in alerts.alerts if alert.id == SHORTFALL]
