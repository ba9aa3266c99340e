"""What becomes of runs and their source, told to the user with what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError
from backend.core.status import Alert, Notice, Severity
from backend.core.target import Target
from backend.session.run import TableLanguage
from gui.live.notices.messages import end_notice
from gui.live.notices.outage import OUTAGE, Outage, WayOut
from gui.state.live_session import LiveSession
from gui.state.models import SwitchModel
from gui.state.run_control import RunControl
from gui.state.server_control import ServerControl
from gui.widgets.language import grouped, number, spoken, tr
from gui.workspace.log_panel import LogPanel
from gui.workspace.notices import ToastAction
from gui.workspace.notifier import Notifier, error_notice

_SOURCE = "source"

REQUEST = "request"
"""The session's own id for the newest refused request."""


class RunNotices(QObject):
    """Events as they happen; conditions until they are over."""

    def __init__(
        self,
        notifier: Notifier,
        log: LogPanel,
        run: RunControl,
        switches: SwitchModel,
        server: ServerControl,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._notifier = notifier
        self._log = log
        self._run = run
        self._switches = switches
        self._server = server

    @Slot(object)
    def run_ended(self, session: LiveSession) -> None:
        """A run is over: its summary, and what can be done about its error."""
        error, summary = session.error, session.summary()
        table = summary.as_table(TableLanguage(spoken, number, grouped))
        self._log.add_text(tr("Run summary") + "\n" + table)
        actions = self._notifier.actions_for(error) if error is not None else ()
        notice = end_notice(session.status(), summary, error)
        self._notifier.show_notice(notice, actions, table)

    @Slot(object)
    def show_outage(self, outage: Outage | None) -> None:
        """A run is without its target, or it is not any more."""
        if outage is None:
            self._notifier.show_condition(OUTAGE, None)
            return
        ways = {
            WayOut.START_SERVER: ToastAction(tr("Start the server"), self._server.start),
            WayOut.OPEN_ENDPOINT: ToastAction(tr("Switch it on"), self._open_endpoint),
            WayOut.RETRY: ToastAction(tr("Try again now"), self._run.retry_now),
            WayOut.LOCAL: ToastAction(tr("Use the local demo"), self._use_local),
        }
        actions = self._notifier.actions_for_fault(outage.fault)
        actions += tuple(ways[way] for way in outage.ways)
        self._notifier.show_condition(OUTAGE, outage.notice, actions)

    @Slot(object)
    def show_refusal(self, alert: Alert | None) -> None:
        """The server refuses requests, or does not any more; said where something can be done."""
        actions = self._notifier.actions_for_fault(alert.fault) if alert is not None else ()
        if alert is None or not actions:
            self._notifier.show_condition(REQUEST, None)
            return
        notice = Notice(Severity.WARNING, alert.title, alert.body)
        self._notifier.show_condition(REQUEST, notice, actions)

    @Slot(object)
    def source_failed(self, error: Exception) -> None:
        """It stays said until another source is chosen, or this one can be used."""
        if isinstance(error, ConsoleError):
            notice = error_notice(error)
            self._log.add_notice(notice)
            self._notifier.show_condition(_SOURCE, notice, self._notifier.actions_for(error))
        else:
            self._notifier.show_error(error)

    def source_is_well(self) -> None:
        """There is another source, or this one can be used."""
        self._notifier.show_condition(_SOURCE, None)

    def _open_endpoint(self) -> None:
        if self._switches.current.transport.is_grpc:
            self._server.set_grpc(on=True)
        else:
            self._server.set_rest(on=True)

    def _use_local(self) -> None:
        self._switches.choose(self._switches.current.aimed_at(Target(EMBEDDED)))
