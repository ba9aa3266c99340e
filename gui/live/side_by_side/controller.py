"""Puts a second run beside the window's own, watches it, and takes it away again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, UsageError
from backend.core.samples import MediaKind
from backend.core.status import RunState, RunStatus
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile
from backend.side_by_side import Estimate, Figures, Pair, median_estimate
from backend.sources.source import Source
from gui.live.side_by_side.choices import OtherSide
from gui.live.side_by_side.lanes import Lanes, MakeBeside
from gui.state.live_session import LiveSession
from gui.state.models import SwitchModel
from gui.state.run_control import Phase, RunControl
from gui.state.switches import Switches
from gui.state.tasks import Tasks
from gui.widgets.language import tr

_PAIR_MS, _EVERY_MS = 15, 250
_ESTIMATE_EVERY_S = 1.0
_STALLED_S = 10.0
"""A side B that answers nothing for so long is let go: side A would wait for it forever."""
_MOST_REFUSED = 3


class Stage(StrEnum):
    """Where a comparison stands."""

    OFF = "off"
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
        self._lanes: Lanes | None = None
        self._compared_with = Switches()
        self._asked: tuple[Target, str] | None = None
        self._ready = False
        """Whether side B only waits for a run."""
        self._choice = 0
        self._stalled_at = self._estimate_at = 0.0
        self._estimating = False
        self.stage, self.error = Stage.OFF, ""
        self.estimate = Estimate(None, None, None)
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
        return self._side.title_of_a(self._switches.current), self._side.title

    @property
    def figures(self) -> Figures | None:
        """Of the pairs so far."""
        return self._lanes.pairing.figures() if self._lanes is not None else None

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
                self._fail(str(error))

        self._tasks.start(
            "side-b", lambda: self._ask(settings.target, settings.model), asked, failed
        )

    @Slot()
    def retry(self) -> None:
        """Try the same side B again."""
        if self._side is not None:
            self.begin(self._side)

    @Slot()
    def end(self) -> None:
        """Side A alone again, as it was."""
        self._choice += 1
        self._side = None
        self._let_go()
        self._set(Stage.OFF)

    def close(self, timeout_s: float) -> None:
        """The window closes: end side B and wait for it, at most this long."""
        self._choice += 1
        self._rest()
        b = self._lanes.b if self._lanes is not None else None
        self._close_lanes()
        if b is not None:
            b.join(timeout_s)

    # -- beginning and ending ------------------------------------------------------------------

    def _settings(self) -> RunSettings:
        assert self._side is not None
        return self._side.change(self._switches.current).run_settings(self._run.kind)

    def _arm(self) -> None:
        self._ready = True
        session = self._run.session
        if self._run.phase is Phase.RUNNING and session is not None:
            self._join(session)
        else:
            self._set(Stage.WAITING)

    def _join(self, session: LiveSession) -> None:
        """Side B beside a run, with the source that it has now."""
        self._close_lanes()
        side, settings, source = self._side, self._settings(), self._run.source
        assert side is not None
        assert source is not None
        if self._asked not in (None, (settings.target, settings.model)):
            QTimer.singleShot(0, self, self.retry)  # another model came with the source
            return
        self._compared_with = self._switches.current
        try:
            self._check_sound(source)
            self._lanes = Lanes(side, session, source, settings, self._profile, self._make)
        except ConsoleError as error:
            self._fail(str(error))
            return
        self.estimate = Estimate(None, None, None)
        self._stalled_at = 0.0
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
            reason = self._why_gone(lanes.b.status())
            if reason:
                self._fail(reason)
                return
        self._take_pair()
        self._estimate(lanes)
        self.changed.emit()

    @Slot()
    def _take_pair(self) -> None:
        if self._lanes is not None and (pair := self._lanes.take()) is not None:
            self.paired.emit(pair)
            if self.stage is Stage.CONNECTING:
                self._set(Stage.COMPARING)

    def _why_gone(self, status: RunStatus) -> str:
        """Why side B is to be let go, or ''."""
        said = next((f"{a.title} {a.body}".strip() for a in status.alerts if a.id != "source"), "")
        if status.state is RunState.RECONNECTING and (
            status.attempt > 1 or not status.counts.answered
        ):
            return said or status.message
        if not status.counts.answered and status.counts.failed >= _MOST_REFUSED:
            return said
        now = time.monotonic()
        if status.state is not RunState.STALLED:
            self._stalled_at = 0.0
        elif not self._stalled_at:
            self._stalled_at = now
        elif now - self._stalled_at > _STALLED_S:
            return tr("It gave no answer for {seconds} s.", seconds=round(_STALLED_S))
        return ""

    def _estimate(self, lanes: Lanes) -> None:
        """The interval takes some milliseconds: elsewhere, and at most once a second."""
        now = time.monotonic()
        if self._estimating or now - self._estimate_at < _ESTIMATE_EVERY_S:
            return
        self._estimate_at, self._estimating = now, True
        values = lanes.pairing.figures().differences_ms

        def done(found: Estimate) -> None:
            self._estimating = False
            if lanes is self._lanes:
                self.estimate = found

        def failed(_error: Exception) -> None:
            self._estimating = False

        self._tasks.start("estimate", lambda: median_estimate(values), done, failed)
