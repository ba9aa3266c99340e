"""Words and numbers of the window, brought up to date twice a second."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import ConsoleError
from backend.core.flow import Policy
from backend.core.samples import MediaKind
from backend.core.status import Alert, Notice, RunState, RunStatus, Severity
from backend.recording import Showing
from backend.session.sinks import NOTICES, Subscription
from gui.live.bar import Bar
from gui.live.notices import (
    OUTAGE,
    REQUEST,
    SHORTFALL,
    Outage,
    RunLog,
    ShortfallWatch,
    idle_message,
    outage_of,
    run_message,
)
from gui.live.page import LivePage
from gui.live.sources import SourceController
from gui.live.start import StartControl
from gui.live.strip import StatusStrip, state_text, strip_alerts
from gui.live.time_spent import TOPIC as BOTTLENECK
from gui.live.time_spent import Adviser
from gui.state.live_session import LiveSession
from gui.state.models import SwitchModel
from gui.state.run_control import RunControl
from gui.state.server_control import ServerControl
from gui.state.switches import target_title
from gui.views.messages import EmptyMessage, MessageKind
from gui.widgets.language import spoken, tr
from gui.workspace.log_panel import LogBridge

_PERIOD_MS = 500


class Readout(QObject):
    """Reads the run's status and writes strip, message, alerts and log."""

    noticed = Signal(object)
    """A Notice that the run left."""
    refusal_changed = Signal(object)
    """The Alert about requests that the server refuses, None once it takes them."""
    outage_changed = Signal(object)
    """The Outage that a run suffers now, None once it is over."""

    def __init__(
        self,
        run: RunControl,
        switches: SwitchModel,
        sources: SourceController,
        start: StartControl,
        bar: Bar,
        page: LivePage,
        strip: StatusStrip,
        server: ServerControl,
        log: LogBridge,
        adviser: Adviser,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._run = run
        self._switches = switches
        self._sources = sources
        self._start = start
        self._bar = bar
        self._page = page
        self._strip = strip
        self._server = server
        self._log = log
        self._adviser = adviser
        self._run_log = RunLog(page.log.add_text, sources.menu.title)
        self._outage: Outage | None = None
        self._refusal: Alert | None = None
        self._shortfall = ShortfallWatch()
        self._showing: Showing | None = None
        self._notices: Subscription[Notice] | None = None
        self._last = RunStatus()
        self._error: ConsoleError | None = None
        self._paused = False
        self._timer = QTimer(self, interval=_PERIOD_MS)
        self._timer.timeout.connect(self.refresh)
        switches.used.connect(lambda: self._run_log.switched(switches.current))
        run.session_changed.connect(self._run_began)

    def begin(self) -> None:
        """Write now, and twice a second from now on."""
        self._timer.start()
        self.refresh()

    def stop(self) -> None:
        """Write no more."""
        self._timer.stop()

    def look_at(self, showing: Showing | None) -> None:
        """Write about a recording that is looked at while nothing streams, or no longer."""
        self._showing = showing
        if showing is not None:
            self._last, self._error = RunStatus(), None
        self.refresh()

    @Slot(bool)
    def rest(self, paused: bool) -> None:
        """Say that the file which is played stands still, or no longer."""
        self._paused = paused
        self.refresh()

    def forget_error(self) -> None:
        """What kept the last run from going on is of no interest any more."""
        self._error = None
        if self._last.state is RunState.FAILED:
            self._last = RunStatus()

    def run_ended(self, session: LiveSession) -> None:
        """Keep what is left to say about a run."""
        self._last, self._error = self._page.counters.since(session.status()), session.error
        self._drain_notices()
        self._page.alerts.set_alerts("run", ())
        self._page.alerts.set_alerts("strip", ())
        self._page.alerts.set_alerts(SHORTFALL, ())
        self._page.alerts.set_alerts(BOTTLENECK, ())
        self._shortfall.reset()
        self._adviser.reset()
        self._page.say("")
        self._set_outage(None)
        self._set_refusal(None)
        self.refresh()

    @Slot(object)
    def _run_began(self, session: LiveSession) -> None:
        self._notices = session.subscribe(NOTICES, Policy.DROP, "notices")
        self._run_log.began(self._switches.current)

    @Slot()
    def refresh(self) -> None:
        """Bring every word and number up to date."""
        for line in self._log.lines.drain():
            self._page.log.add_text(line)
        session = self._run.session
        message: EmptyMessage | None
        if session is None and self._showing is not None:
            message = self._write_recorded(self._showing)
        elif session is None:
            self._strip.show_status(self._last, None, self._idle_text())
            self._page.presenter.show_status(RunStatus(), None)
            message = self._idle_message()
        else:
            message = self._write_run(session)
        if message is not None:
            self._page.say(message.title, message.body, message.kind)

    def _write_run(self, session: LiveSession) -> EmptyMessage:
        status = session.status()
        target = target_title(self._switches.current.target)
        age_ms = self._page.paints.age_ms(time.monotonic_ns())
        now_s = time.monotonic()
        shown = self._page.counters.since(status)
        recent = self._page.counters.recent(shown, now_s)
        short = self._read_shortfall(status, now_s)
        state = state_text(status, target, recent, paused=self._paused)
        slots = self._strip.show_status(shown, age_ms, state, recent, short, paused=self._paused)
        self._page.presenter.show_status(shown, age_ms)
        self._page.alerts.set_alerts("strip", strip_alerts(slots, status))
        self._drain_notices()
        self._run_log.note(status, session.last_failure)
        outage = outage_of(status, self._switches.current, self._server)
        self._set_outage(outage)
        others = tuple(alert for alert in status.alerts if outage is None or alert.id != OUTAGE)
        self._page.alerts.set_alerts("run", (outage.alert, *others) if outage else others)
        self._set_refusal(next((alert for alert in others if alert.id == REQUEST), None))
        gone = outage is not None or status.source.failing
        self._page.set_stale(stale=gone or recent.nothing_answered)
        if status.source.info is not None:
            self._page.show_source(status.source.info)
        self._sources.note(status)
        if self._switches.current.in_flight is None:
            self._bar.set_flight_limit(status.in_flight_limit)
        if outage is not None:
            return outage.veil(status)
        message = run_message(status, self._sources.title, target, shown=self._page.has_picture)
        failure = session.last_failure
        if not message and recent.nothing_answered and failure is not None:
            return EmptyMessage(tr("Nothing is answered"), spoken(str(failure)), MessageKind.FAILED)
        return message

    def _write_recorded(self, showing: Showing) -> EmptyMessage:
        settings = showing.settings
        text = tr("Recorded answers")
        if settings.model:  # of sound it is known from the first answer on
            text = tr(
                "Recorded: {model} on {target}",
                model=settings.model,
                target=target_title(settings.target),
            )
        self._strip.show_status(showing.status(), None, text)
        return EmptyMessage()

    def _read_shortfall(self, status: RunStatus, now_s: float) -> Alert | None:
        """Whether the model keeps up with the source; said in the alerts and the strip."""
        report = self._page.latency.report
        model = self._switches.current.model
        found = self._shortfall.read(status, report, model, now_s)
        alert = found.alert() if found is not None else None
        self._page.alerts.set_alerts(SHORTFALL, (alert,) if alert is not None else ())
        kind = status.source.info.kind if status.source.info is not None else MediaKind.IMAGE
        advice = self._adviser.read(status, report, kind, now_s)
        self._page.alerts.set_alerts(BOTTLENECK, advice)
        return alert

    def _idle_text(self) -> str:
        if not self._start.ready:
            return tr("Starting the local server")
        if self._start.loading:
            return tr("Loading {model}", model=self._start.loading)
        if self._start.asking:
            return tr("Asking {target}", target=self._start.asking)
        if self._last.counts.captured or self._last.state is RunState.FAILED:
            return state_text(self._last, "")
        if self._sources.failure:
            return tr("{source} cannot be used", source=self._sources.title)
        return tr("Ready, Space streams")

    def _idle_message(self) -> EmptyMessage | None:
        """What belongs in the place of the picture; None leaves the last picture in view."""
        if not self._start.ready:
            return EmptyMessage(tr("Starting the local server"), "", MessageKind.LOADING)
        if self._start.loading:
            title = tr("Loading {model}", model=self._start.loading)
            return EmptyMessage(title, "", MessageKind.LOADING)
        if self._start.asking:
            title = tr("Asking {target}", target=self._start.asking)
            return EmptyMessage(title, "", MessageKind.LOADING)
        if self._sources.failure:
            shown = self._page.has_picture
            return EmptyMessage(
                tr("{source} cannot be used", source=self._sources.title),
                self._sources.failure,
                MessageKind.FAILED if shown else MessageKind.UNUSABLE,
            )
        if self._error is not None:
            return EmptyMessage(
                spoken(self._error.message), spoken(self._error.hint), MessageKind.FAILED
            )
        if self._page.has_picture:
            return None
        switches = self._switches.current
        return idle_message(self._sources.title, switches.model, target_title(switches.target))

    def _drain_notices(self) -> None:
        for notice in self._notices.drain() if self._notices is not None else ():
            # The loss of the target is told by `outage_changed` and by the run's log.
            if notice.topic != OUTAGE or notice.severity is Severity.INFO:
                self.noticed.emit(notice)

    def _set_refusal(self, alert: Alert | None) -> None:
        if alert != self._refusal:
            self._refusal = alert
            self.refusal_changed.emit(alert)

    def _set_outage(self, outage: Outage | None) -> None:
        if outage is None:
            self._page.set_stale(stale=False)
        if outage != self._outage:
            self._outage = outage
            self.outage_changed.emit(outage)
