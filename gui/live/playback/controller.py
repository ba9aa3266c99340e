"""What is played under the picture: the file of a run, or a recording that is looked at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import ConsoleError
from backend.recording import Showing
from backend.sources.playback import Playback, playback_of
from backend.sources.source import recording_of
from gui.live.playback.bar import PlaybackBar
from gui.live.start import StartControl
from gui.state.run_control import Phase, RunControl
from gui.state.tasks import Tasks
from gui.widgets.language import tr
from gui.workspace.notifier import Notifier

_EVERY_MS = 50


class PlaybackController(QObject):
    """Shows a recording as soon as it is chosen and nothing streams; plays whatever can be played.

    A recording that is looked at needs no server. Starting a run sends its samples anew ("run
    again"), and ends the look at it.
    """

    showing_changed = Signal(object)
    """The Showing of the recording that is looked at from now on, None once it is not."""
    model_changed = Signal(str, str)
    """The model that answered and the name of its target, at this place of what is looked at."""
    active_changed = Signal()
    rested = Signal(bool)
    """Whether what is played stands still from now on."""
    failed = Signal(object)
    """The exception of a recording that cannot be shown."""

    def __init__(
        self,
        bar: PlaybackBar,
        run: RunControl,
        start: StartControl,
        tasks: Tasks,
        notifier: Notifier,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._run = run
        self._start = start
        self._tasks = tasks
        self._showing: Showing | None = None
        self._wanted: Path | None = None
        self._speed: float | None = 1.0
        self._model = ""
        self._was_active = self._was_resting = False
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self.failed.connect(notifier.show_error)
        bar.play_pressed.connect(self.toggle)
        bar.stepped.connect(self.step)
        bar.sought.connect(self._seek)
        bar.speed_chosen.connect(self.use_speed)
        bar.span_start_wanted.connect(self.begin_span)
        bar.span_end_wanted.connect(self.end_span)
        bar.span_cleared.connect(self.clear_span)
        run.source_known.connect(self._source_known)
        run.phase_changed.connect(self._look)
        bar.hide()

    @property
    def showing(self) -> Showing | None:
        """The recording that is looked at."""
        return self._showing

    @property
    def controls(self) -> Playback | None:
        """Those of what is played now, None if nothing is."""
        if self._showing is not None:
            return self._showing.playback
        return playback_of(self._run.source)

    @property
    def active(self) -> bool:
        """Whether there is something to pause, step and seek in."""
        return self.controls is not None and (
            self._showing is not None or self._run.phase is Phase.RUNNING
        )

    def why_not(self) -> str:
        """Why nothing can be paused or stepped now, or ''."""
        return "" if self.active else tr("No file is played.")

    def why_no_file(self) -> str:
        """Why there is nothing to be played, or ''."""
        return "" if self.controls is not None else tr("No file is chosen.")

    @Slot()
    def leave(self) -> None:
        """Look at the recording no longer: something else is to be shown."""
        self._wanted = None
        showing, self._showing = self._showing, None
        if showing is not None:
            showing.request_stop()
            self.showing_changed.emit(None)

    # -- what the user does --------------------------------------------------------------------

    @Slot()
    def toggle(self) -> None:
        """Pause, or play on; what is not played yet begins."""
        controls = self.controls
        if controls is None:
            return
        if not self.active:
            recording = recording_of(self._run.source)
            if recording is not None:
                self._show(recording, play=True)
            else:
                self._start.toggle()
            return
        if controls.paused:
            controls.resume()
        else:
            controls.pause()
        self._look()

    @Slot(int)
    def step(self, count: int) -> None:
        """So many samples on, or back."""
        if self.active and (controls := self.controls) is not None:
            controls.step(count)
            self._look()

    def skip(self, seconds: float) -> None:
        """So many seconds on, or back."""
        if self.active and (controls := self.controls) is not None:
            self._seek(controls.status().position_s + seconds)

    def to_start(self) -> None:
        """To the first sample."""
        self._seek(0.0)

    def to_end(self) -> None:
        """To the last sample."""
        if (controls := self.controls) is not None:
            self._seek(controls.status().duration_s)

    @Slot(object)
    def use_speed(self, speed: float | None) -> None:
        """At this speed from now on, also what is played later; None as fast as answered."""
        self._speed = speed
        if (controls := self.controls) is not None:
            controls.set_speed(speed)
        self._look()

    @property
    def speed(self) -> float | None:
        """The speed that was chosen."""
        return self._speed

    @Slot()
    def begin_span(self) -> None:
        """Repeat from here to where the stretch ends, or to the end."""
        if self.active and (controls := self.controls) is not None:
            status = controls.status()
            end_s = status.span[1] if status.span is not None else status.duration_s
            self._set_span(controls, status.position_s, max(end_s, status.position_s))

    @Slot()
    def end_span(self) -> None:
        """Repeat from where the stretch begins, or the start, to here."""
        if self.active and (controls := self.controls) is not None:
            status = controls.status()
            start_s = status.span[0] if status.span is not None else 0.0
            self._set_span(controls, min(start_s, status.position_s), status.position_s)

    @Slot()
    def clear_span(self) -> None:
        """Play the whole file again."""
        if (controls := self.controls) is not None:
            controls.set_span(None)
            self._look()

    def close(self) -> None:
        """The window is closed."""
        self._timer.stop()
        self.leave()

    # -- news ----------------------------------------------------------------------------------

    @Slot(str, object)
    def _source_known(self, _spec: str, _info: object) -> None:
        playback = playback_of(self._run.source)
        if playback is not None:
            playback.set_speed(self._speed)
        self.leave()
        recording = recording_of(self._run.source)
        if recording is not None and self._run.phase is Phase.IDLE:
            self._show(recording, play=False)
        self._look()

    def _show(self, path: Path, *, play: bool) -> None:
        """Read the beginning elsewhere, and show it unless something else is wanted by then."""
        self._wanted = path

        def ready(showing: Showing) -> None:
            if self._wanted != path or self._run.phase is not Phase.IDLE:
                return
            self.leave()
            self._showing, self._model = showing, showing.settings.model
            showing.playback.set_speed(self._speed)
            if play:
                showing.playback.resume()
            self.showing_changed.emit(showing)
            showing.start()
            self._look()

        def failed(error: Exception) -> None:
            if self._wanted == path:
                self._wanted = None
                self.failed.emit(error)

        self._tasks.start("showing", lambda: Showing(path), ready, failed)

    def _seek(self, to_s: float) -> None:
        if self.active and (controls := self.controls) is not None:
            controls.seek(to_s)
            self._look()

    def _set_span(self, controls: Playback, start_s: float, end_s: float) -> None:
        if start_s < end_s:
            controls.set_span((start_s, end_s))
            self._look()

    @Slot()
    def _look(self) -> None:
        """Bring the bar up to date; it is there while there is something to be played."""
        showing = self._showing
        if showing is not None and showing.settings.model != self._model:
            self._model = showing.settings.model
            self.model_changed.emit(self._model, showing.settings.target.name)
        if showing is not None and showing.join(0.0):
            self._ended(showing)
        if self.active != self._was_active:
            self._was_active = self.active
            self.active_changed.emit()
        controls = self.controls
        resting = self.active and controls is not None and controls.paused
        if resting != self._was_resting:
            self._was_resting = resting
            self.rested.emit(resting)
        self._bar.setVisible(controls is not None)
        if controls is None:
            self._timer.stop()
            return
        status = controls.status()
        self._bar.show_status(status, active=self.active)
        self._bar.set_note(self._note())
        if self.active and not self._timer.isActive():
            self._timer.start()
        elif not self.active:
            self._timer.stop()

    def _ended(self, showing: Showing) -> None:
        error: ConsoleError | None = showing.error
        self.leave()
        if error is not None:
            self.failed.emit(error)

    def _note(self) -> str:
        if self._showing is not None:
            return tr("Recorded answers")
        if recording_of(self._run.source) is not None and self.active:
            return tr("New answers")
        return ""
