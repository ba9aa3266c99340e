"""Starts, switches and ends runs; the window's thread never waits for any of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind
from backend.sources.source import Source
from gui.state.live_session import LiveSession, SessionFactory, SourceFactory
from gui.state.switches import Switches
from gui.state.tasks import Tasks

_WATCH_MS = 50


class Phase(StrEnum):
    """What the Start button is about."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


class RunControl(QObject):
    """One run at a time, made from the switches of the moment.

    A source is made anew for every run and every switch, off the window's thread. When another
    choice was made while one was still being made, the older one is let go.
    """

    session_changed = Signal(object)
    """The new run's session, which starts after this."""
    phase_changed = Signal()
    source_known = Signal(str, object)
    """Spec and SourceInfo of a source that was chosen and can be used."""
    source_failed = Signal(str, object)
    """Spec and exception of a source that cannot be used."""
    failed = Signal(object)
    """A ConsoleError that kept a run or a switch from happening."""
    ended = Signal(object)
    """The session that has come to its end, by itself or not."""
    source_taken = Signal(object)
    """The session of the run that is on, which reads another source from now on."""

    def __init__(
        self,
        tasks: Tasks,
        make_source: SourceFactory,
        make_session: SessionFactory,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._make_source = make_source
        self._make_session = make_session
        self._switches = Switches()
        self._kind = MediaKind.IMAGE
        self._choice = 0
        self._learning = self._making = False
        self._session: LiveSession | None = None
        self._source: Source | None = None
        self._phase = Phase.IDLE
        self._watch = QTimer(self, interval=_WATCH_MS)
        self._watch.timeout.connect(self._look)

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self._phase

    @property
    def session(self) -> LiveSession | None:
        """The session of the run that is on, else None."""
        return self._session

    @property
    def source(self) -> Source | None:
        """The chosen source as it was made last: that of the run, if one is on."""
        return self._source

    @property
    def kind(self) -> MediaKind:
        """What the chosen source gives."""
        return self._kind

    def choose_source(self, spec: str) -> None:
        """Look at a source without opening it; `source_known` or `failed` follows."""
        self._make(spec, self._source_made)

    def set_switches(self, switches: Switches) -> None:
        """Use these from now on, also in the run that is on; its source is left as it is.

        While another source is being made they wait for it: they may fit that one only.
        """
        self._switches = switches
        if self._phase is Phase.RUNNING and not self._learning and not self._making:
            self._change(None)

    @Slot()
    def start(self) -> None:
        """Begin a run with the switches."""
        if self._phase is Phase.IDLE:
            self._set_phase(Phase.STARTING)
            self._make(self._switches.source, self._begin)

    @Slot()
    def stop(self) -> None:
        """End the run."""
        if self._phase is Phase.STARTING:
            self._choice += 1
            self._set_phase(Phase.IDLE)
        elif self._phase is Phase.RUNNING and self._session is not None:
            self._session.request_stop()
            self._set_phase(Phase.STOPPING)

    def toggle(self) -> None:
        """Start or stop."""
        if self._phase is Phase.IDLE:
            self.start()
        else:
            self.stop()

    @Slot()
    def retry_now(self) -> None:
        """Do not wait for the run's next attempt."""
        if self._session is not None:
            self._session.retry_now()

    def close(self, timeout_s: float) -> None:
        """End the run and wait for it, at most this long."""
        self._choice += 1
        self._watch.stop()
        if self._session is not None:
            self._session.request_stop()
            self._session.join(timeout_s)
            self._session = None

    def _make(self, spec: str, use: Callable[[str, Source], None]) -> None:
        self._choice += 1
        choice = self._choice
        self._making = True

        def made(source: Source) -> None:
            if choice == self._choice:
                self._making = False
                use(spec, source)

        def failed(error: Exception) -> None:
            if choice == self._choice:
                self._making = False
                if self._phase is Phase.STARTING:
                    self._set_phase(Phase.IDLE)
                self.source_failed.emit(spec, error)

        loop = self._switches.loop
        self._tasks.start("source", lambda: self._make_source(spec, loop=loop), made, failed)

    def _source_made(self, spec: str, source: Source) -> None:
        if self._phase is Phase.STARTING:
            self._begin(spec, source)
            return
        self._learn(spec, source)
        if self._phase is Phase.RUNNING:
            self._change(source)

    def _begin(self, spec: str, source: Source) -> None:
        self._learn(spec, source)
        try:
            session = self._make_session(self._switches.run_settings(self._kind), source)
        except ConsoleError as error:
            self._set_phase(Phase.IDLE)
            self.failed.emit(error)
            return
        self._session = session
        self._watch.start()
        self.session_changed.emit(session)
        session.start()
        self._set_phase(Phase.RUNNING)

    def _learn(self, spec: str, source: Source) -> None:
        """Tell the owner, who fits the model to the source before the two meet in a run."""
        self._kind, self._source = source.info.kind, source
        self._learning = True
        try:
            self.source_known.emit(spec, source.info)
        finally:
            self._learning = False

    def _change(self, source: Source | None) -> None:
        if self._session is None:
            return
        try:
            self._session.change(self._switches.run_settings(self._kind), source)
        except ConsoleError as error:
            self.failed.emit(error)
            return
        if source is not None:
            self.source_taken.emit(self._session)

    @Slot()
    def _look(self) -> None:
        session = self._session
        if session is None or not session.join(0.0):
            return
        self._watch.stop()
        self._session = None
        self._phase = Phase.IDLE
        self.ended.emit(session)
        self.phase_changed.emit()

    def _set_phase(self, phase: Phase) -> None:
        self._phase = phase
        self.phase_changed.emit()
