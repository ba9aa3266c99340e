"""Says what would make answers faster, does it when told to, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.samples import MediaKind
from backend.core.status import Alert, Notice, RunStatus, Severity
from gui.live.time_spent.bottleneck import Advice, BottleneckWatch, advice_on, switched_to
from gui.state.measured_ways import MeasuredWays
from gui.state.models import SwitchModel
from gui.state.switches import Switches
from gui.targets import saved_name
from gui.views.plots import LatencyReport
from gui.views.scales import milliseconds
from gui.widgets.language import tr
from gui.workspace.notices import ToastAction
from gui.workspace.notifier import Notifier

_SETTLED_S = 6.0
_ENOUGH = 20
"""Answers of the new way before its median is compared."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A switch made on advice: the median before it, and what is to be in force after it."""

    way: str
    before_ms: float
    switches: Switches
    since_s: float


class Adviser:
    """Reads the run twice a second, on the window's thread."""

    def __init__(self, switches: SwitchModel, ways: MeasuredWays, notifier: Notifier) -> None:
        self._switches, self._ways, self._notifier = switches, ways, notifier
        self._watch = BottleneckWatch()
        self._advice: Advice | None = None
        self._trial: _Trial | None = None
        self._now_s, self._p50_ms = 0.0, 0.0

    def reset(self) -> None:
        """The run has ended."""
        self._watch.reset()
        self._advice = self._trial = None

    def read(
        self, status: RunStatus, report: LatencyReport | None, kind: MediaKind, now_s: float
    ) -> tuple[Alert, ...]:
        """The alert that is true now, if there is one."""
        self._now_s, self._p50_ms = now_s, report.p50 if report is not None else 0.0
        switches = self._switches.current
        self._judge(report, switches)
        stage = self._watch.read(status, report, switches, now_s)
        known = self._ways.of(saved_name(switches.target), switches.model)
        in_flight = switches.in_flight or status.in_flight_limit
        self._advice = advice_on(stage, switches, kind, in_flight, known) if stage else None
        return (self._advice.alert(),) if self._advice is not None else ()

    def actions(self) -> tuple[ToastAction, ...]:
        """What can be done about the alert."""
        advice = self._advice
        if advice is None:
            return ()
        if advice.faster is None:
            return (ToastAction(tr("Measure..."), self._measure),)
        way = advice.faster.cell.way
        return (ToastAction(tr("Switch to {way}", way=way), self._switch),)

    def _measure(self) -> None:
        if self._advice is not None and self._advice.preset is not None:
            self._ways.want(self._advice.preset)

    def _switch(self) -> None:
        if self._advice is None or self._advice.faster is None:
            return
        cell = self._advice.faster.cell
        wanted = switched_to(self._switches.current, cell)
        self._trial = _Trial(cell.way, self._p50_ms, wanted, self._now_s)
        self._switches.choose(wanted)

    def _judge(self, report: LatencyReport | None, switches: Switches) -> None:
        """Once the new way has answered for a while, say what it brought here."""
        trial = self._trial
        if trial is None:
            return
        if switches != trial.switches:
            self._trial = None
            return
        if report is None or report.samples < _ENOUGH or self._now_s - trial.since_s < _SETTLED_S:
            return
        self._trial = None
        title = tr(
            "{way}: median latency {now}, {before} before",
            way=trial.way,
            now=milliseconds(report.p50),
            before=milliseconds(trial.before_ms),
        )
        self._notifier.show_notice(Notice(Severity.INFO, title))
