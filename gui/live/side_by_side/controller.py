"""Puts a second run beside the window's own, watches it, and takes it away again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, UsageError
from backend.core.samples import MediaKind
from backend.core.status import RunStatus
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile
from backend.recording import Showing
from backend.side_by_side import Estimate, Figures, Pair
from backend.sources.source import Source, recording_of
from gui.live.side_by_side.choices import OtherSide
from gui.live.side_by_side.estimating import Estimator
from gui.live.side_by_side.lanes import Lanes, MakeBeside
from gui.live.side_by_side.parting import Parting
from gui.live.side_by_side.two_recordings import BothRead, BothReader, TwoRecordings
from gui.state.live_session import LiveSession
from gui.state.models import SwitchModel
from gui.state.run_control import Phase, RunControl
from gui.state.switches import Switches
from gui.state.tasks import Tasks
from gui.widgets.language import spoken, tr

_PAIR_MS, _EVERY_MS = 15, 250


class Stage(StrEnum):
    """Where a comparison stands."""

    OFF = "off"
    READING = "reading"
    """Two recordings are read through."""
    ASKING = "asking"
    """What side B is fed with is not known yet."""
    WAITING = "waiting"
    """Nothing streams."""
    CONNECTING = "connecting"
    """Side B has not answered yet."""
    COMPARING = "comparing"
    FAILED = "failed"
    """Side B is gone; side A goes on."""


class SideBySide(QObject):
    """Side A is the run of the bar, whatever becomes of side B, which joins it and leaves it."""

    changed = Signal()
    """The stage, the figures or a ledger is another."""
    paired = Signal(object)
    """The newest Pair."""
    ended = Signal()
    """Side A is alone: nothing is to be shown of side B."""

    def __init__(
        self,
        run: RunControl,
        switches: SwitchModel,
        tasks: Tasks,
        make: MakeBeside,
        ask: Callable[[Target, str], ModelProfile],
        profile_for: Callable[[RunSettings], ModelProfile],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._run, self._switches, self._tasks = run, switches, tasks
        self._make, self._ask, self._profile_for = make, ask, profile_for
        self._side: OtherSide | None = None
        self._profile: ModelProfile | None = None
        self._lanes: Lanes | TwoRecordings | None = None
        self._showing: Showing | None = None
        self._both = BothReader(tasks)
        self._compared_with = Switches()
        self._asked: tuple[Target, str] | None = None
        self._ready = False
        """Whether side B only waits for a run."""
        self._choice = 0
        self._parting = Parting()
        self._estimator = Estimator(tasks)
        self.stage, self.error = Stage.OFF, ""
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._pairs = QTimer(self, interval=_PAIR_MS)
        self._pairs.timeout.connect(self._take_pair)
        run.session_changed.connect(self._run_began)
        run.ended.connect(self._run_ended)
        run.source_taken.connect(self._run_began)
        switches.used.connect(self._switched)

    # -- what is known -------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, str]:
        """What the sides are called, by what differs."""
        if self._side is None:
            return "", ""
        if isinstance(self._lanes, TwoRecordings):
            return self._lanes.names
        return self._side.title_of_a(self._switches.current), self._side.title

    @property
    def figures(self) -> Figures | None:
        """Of the pairs so far."""
        return self._lanes.pairing.figures() if self._lanes is not None else None

    @property
    def estimate(self) -> Estimate:
        """How much longer B takes."""
        return self._estimator.estimate

    @property
    def recorded(self) -> bool:
        """Whether both sides are recordings, whose figures are known before anything is shown."""
        return isinstance(self._lanes, TwoRecordings)

    @property
    def unpaired(self) -> int:
        """How many samples of two recordings only one of them has."""
        lanes = self._lanes
        return lanes.pairing.unpaired if isinstance(lanes, TwoRecordings) else 0

    @property
    def worst(self) -> tuple[Pair, ...]:
        """The pairs that differ most, pictures included."""
        return self._lanes.pairing.worst if self._lanes is not None else ()

    @property
    def recent(self) -> list[float | None]:
        """How far each of the newest pairs agrees."""
        return self._lanes.recent() if self._lanes is not None else []

    @property
    def unknown(self) -> bool:
        """Whether nothing is recorded of what is answered now."""
        return self._lanes is not None and self._lanes.unknown

    @property
    def first_ns(self) -> int:
        """The moment of the first pair."""
        return self._lanes.first_ns if self._lanes is not None else 0

    def ledgers(self) -> tuple[RunStatus | None, RunStatus | None]:
        """Of both runs; None for what is no run."""
        a, lanes = self._run.session, self._lanes
        b = lanes.b if lanes is not None else None
        return (a.status() if a else None), (b.status() if b else None)

    # -- what the user does --------------------------------------------------------------------

    def begin(self, side: OtherSide) -> None:
        """Compare with this from now on."""
        self._close_lanes()
        self._side, self._profile = side, side.profile
        self._choice += 1
        choice, self._asked, self._ready = self._choice, None, False
        self._both.stop()
        opened = self._opened
        if side.recording is not None and opened is not None and opened != side.recording:
            self._read_both(opened, side.recording)
            return
        if side.profile is not None or side.recording is not None:
            self._arm()
            return
        self._set(Stage.ASKING)
        settings = self._settings()
        self._asked = settings.target, settings.model

        def asked(profile: ModelProfile) -> None:
            if choice == self._choice:
                self._profile = profile
                self._arm()

        def failed(error: Exception) -> None:
            if choice == self._choice:
                self._fail(spoken(str(error)))

        self._tasks.start(
            "side-b", lambda: self._ask(settings.target, settings.model), asked, failed
        )

    @Slot()
    def retry(self) -> None:
        """Try the same side B again."""
        if self._side is not None:
            self.begin(self._side)

    @Slot(object)
    def look_at(self, showing: Showing | None) -> None:
        """A recording is looked at from now on, or no longer."""
        self._showing = showing
        if isinstance(self._lanes, TwoRecordings):
            self._close_lanes()
            self._set(Stage.WAITING)
        if showing is not None and self._side is not None and self._side.recording is not None:
            self.begin(self._side)

    def show(self, recorded_ns: int) -> None:
        """Show a sample of the recording that is looked at."""
        if isinstance(self._lanes, TwoRecordings):
            self._lanes.show(recorded_ns)

    @Slot()
    def end(self) -> None:
        """Side A alone again, as it was."""
        self._choice += 1
        self._both.stop()
        self._side = None
        self._let_go()
        self._set(Stage.OFF)

    def close(self, timeout_s: float) -> None:
        """The window closes: end side B and wait for it, at most this long."""
        self._choice += 1
        self._both.stop()
        self._rest()
        b = self._lanes.b if self._lanes is not None else None
        self._close_lanes()
        if b is not None:
            b.join(timeout_s)

    # -- beginning and ending ------------------------------------------------------------------

    def _settings(self) -> RunSettings:
        assert self._side is not None
        return self._side.change(self._switches.current).run_settings(self._run.kind)

    @property
    def _opened(self) -> Path | None:
        """The recording that is looked at or streamed."""
        return recording_of(self._showing or self._run.source)

    def _read_both(self, a: Path, b: Path) -> None:
        """Know which sample is which first."""
        if self._both.known(a, b) is not None:
            self._arm()
            return
        self._set(Stage.READING)
        choice = self._choice

        def failed(error: Exception) -> None:
            if choice == self._choice:
                self._fail(spoken(str(error)))

        self._both.read(a, b, lambda: self._arm() if choice == self._choice else None, failed)

    def _arm(self) -> None:
        self._ready = True
        if self._showing is not None and self._both_wanted:
            self._join_showing(self._showing)
            return
        session = self._run.session
        if self._run.phase is Phase.RUNNING and session is not None:
            self._join(session)
        else:
            self._set(Stage.WAITING)

    @property
    def _both_wanted(self) -> BothRead | None:
        """What is known of the open recording and the one of side B, where that is another."""
        if self._side is None:
            return None
        return self._both.known(self._opened, self._side.recording)

    def _join_showing(self, showing: Showing) -> None:
        """The other recording beside the one that is looked at."""
        self._close_lanes()
        assert self._both_wanted is not None
        self._lanes = TwoRecordings(showing, self._both_wanted)
        self._estimator.forget()
        self._timer.start()
        self._pairs.start()
        self._set(Stage.CONNECTING)

    def _join(self, session: LiveSession) -> None:
        """Side B beside a run, with the source that it has now."""
        self._close_lanes()
        side, settings, source = self._side, self._settings(), self._run.source
        assert side is not None
        assert source is not None
        if self._asked not in (None, (settings.target, settings.model)):
            QTimer.singleShot(0, self, self.retry)  # another model came with the source
            return
        both = self._both_wanted
        if side.recording is not None and self._opened not in (None, side.recording) and not both:
            QTimer.singleShot(0, self, self.retry)  # another recording came as the source
            return
        self._compared_with = self._switches.current
        try:
            self._check_sound(source)
            matches = both.matches if both is not None else None
            self._lanes = Lanes(side, session, source, settings, self._profile, self._make, matches)
        except ConsoleError as error:
            self._fail(spoken(str(error)))
            return
        self._estimator.forget()
        self._parting = Parting()
        self._timer.start()
        self._pairs.start()
        self._set(Stage.CONNECTING)

    def _check_sound(self, source: Source) -> None:
        if source.info.kind is not MediaKind.AUDIO or self._profile is None:
            return
        ours = self._profile_for(self._switches.current.run_settings(MediaKind.AUDIO))
        if ours.audio != self._profile.audio:
            raise UsageError(
                tr("The two hear stretches of sound that differ in rate, length or step."),
                tr("Compare models that hear the same."),
            )

    def _close_lanes(self) -> None:
        lanes, self._lanes = self._lanes, None
        if lanes is not None:
            lanes.close()
            self.ended.emit()

    def _rest(self) -> None:
        self._timer.stop()
        self._pairs.stop()

    def _let_go(self) -> None:
        """Take side B away."""
        self._ready = False
        self._rest()
        self._close_lanes()

    def _fail(self, reason: str) -> None:
        self._choice += 1
        self._let_go()
        self.error = reason
        self._set(Stage.FAILED)

    def _set(self, stage: Stage) -> None:
        self.stage = stage
        if stage is not Stage.FAILED:
            self.error = ""
        self.changed.emit()

    # -- news ----------------------------------------------------------------------------------

    @Slot(object)
    def _run_began(self, session: LiveSession) -> None:
        if self._ready:
            self._join(session)

    @Slot()
    def _run_ended(self) -> None:
        """What was compared stays on show; side B ends with side A."""
        self._look()
        self._rest()
        if self._lanes is not None:
            self._lanes.close()
            self._set(Stage.WAITING)

    @Slot(object)
    def _switched(self, switches: Switches) -> None:
        """Side A is another: what was paired says nothing of it; side B differs from it anew."""
        lanes = self._lanes
        if lanes is None or switches == replace(self._compared_with, source=switches.source):
            return
        self._compared_with = switches

        def begin_anew() -> None:
            if lanes is self._lanes:  # else the source is another as well
                self.retry()

        QTimer.singleShot(0, self, begin_anew)

    @Slot()
    def _look(self) -> None:
        lanes = self._lanes
        if lanes is None:
            return
        if lanes.error is not None:
            self._fail(str(lanes.error))
            return
        if lanes.b is not None:
            reason = self._parting.why(lanes.b.status())
            if reason:
                self._fail(reason)
                return
        self._take_pair()
        self._estimator.look(lanes.pairing.figures().differences_ms)
        self.changed.emit()

    @Slot()
    def _take_pair(self) -> None:
        if self._lanes is not None and (pair := self._lanes.take()) is not None:
            self.paired.emit(pair)
            if self.stage is Stage.CONNECTING:
                self._set(Stage.COMPARING)
