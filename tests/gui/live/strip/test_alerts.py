"""What the strip colours is an alert, in the same degree."""

from __future__ import annotations

import pytest

from backend.core.ledger import Counts, DropPlace
from backend.core.samples import MediaKind
from backend.core.status import RunState, RunStatus, Severity, SourceInfo, SourceState, SourceStatus
from gui.live.strip.alerts import strip_alerts
from gui.live.strip.texts import slot_texts
from gui.state.counters import Recent

INFO = SourceInfo(MediaKind.IMAGE, "camera", live=True, width=640, height=480, rate=30.0)


def status(rate_in: float = 30.0, dropped: int = 0, clock_trouble: int = 0) -> RunStatus:
    return RunStatus(
        state=RunState.STREAMING,
        source=SourceStatus(SourceState.LIVE, INFO),
        counts=Counts(captured=1000, dropped={DropPlace.WAITING: dropped}),
        rate_in=rate_in,
        clock_trouble=clock_trouble,
    )


@pytest.mark.parametrize("rate_in", [30.0, 28.0, 20.0])
@pytest.mark.parametrize("dropped", [0, 20, 60])
def test_an_alert_for_every_coloured_slot_and_for_no_other(rate_in: float, dropped: int) -> None:
    run = status(rate_in, dropped)
    slots = slot_texts(run, None, Recent(1000, dropped))
    alerts = {alert.id: alert.severity for alert in strip_alerts(slots, run)}
    levels = {"rate": slots["in"].level, "drops": slots["dropped"].level}
    assert alerts == {name: Severity(level) for name, level in levels.items() if level}


def test_clocks_that_contradict_are_an_alert() -> None:
    run = status(clock_trouble=1)
    (alert,) = strip_alerts(slot_texts(run, None, Recent(1000, 0)), run)
    assert alert.id == "clock"
