"""Records the run that is on, and keeps its last seconds to be saved once something happened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QTimer, Signal, Slot

from backend.core.defaults import RECENT_SECONDS
from backend.core.errors import UsageError
from backend.core.flow import Policy
from backend.core.status import Notice, Severity
from backend.recording import QUEUE_BYTES, QUEUE_ITEMS, OutputFile, Recent, Recorder, create
from backend.session.sinks import Item, Subscription
from gui.state.live_session import LiveSession
from gui.state.run_control import RunControl
from gui.state.tasks import Tasks
from gui.widgets.language import number, tr
from gui.workspace.commands import Command
from gui.workspace.notices import ToastAction, show_folder
from gui.workspace.notifier import Notifier

_EVERY_MS = 500
_STEP_S = 0.02
_GB = 1_000_000_000


class RecordingControl(QObject):
    """One recording at a time, of the run that is on; files are made and closed elsewhere.

    A recording ends with its run, and by itself where the disk takes no more, which the run says
    in a notice.
    """

    changed = Signal(str, str)
    """What the status strip says of the recording, with a tip; '' while there is none."""
    saved = Signal(str)
    """The path of a recording that was made, whole or not."""
    play_wanted = Signal(str)
    """The path of a recording that is to be streamed."""

    def __init__(
        self, run: RunControl, tasks: Tasks, notifier: Notifier, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._run = run
        self._tasks = tasks
        self._notifier = notifier
        self._starting = False
        self._recorder: Recorder | None = None
        self._queue: Subscription[Item] | None = None
        self._recent: Recent | None = None
        self._recent_queue: Subscription[Item] | None = None
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._look)
        run.session_changed.connect(self._run_began)
        run.ended.connect(self._look)

    @property
    def recording(self) -> bool:
        """Whether a file is being written, or about to be."""
        return self._starting or self._recorder is not None

    @property
    def keeps_recent(self) -> bool:
        """Whether the last seconds are kept."""
        return self._recent is not None

    @Slot()
    def toggle(self) -> None:
        """Begin a recording of the run that is on, or end the one there is."""
        if self._recorder is not None:
            self._finish()
        elif not self._starting and self._run.session is not None:
            self._starting = True
            path = recordings_folder() / file_name(datetime.now().astimezone())
            self._tasks.start("record", lambda: Recorder(_created(path)), self._begin, self._failed)

    @Slot()
    def toggle_recent(self) -> None:
        """Keep the last seconds of every run in memory from now on, or forget them."""
        if self._recent is None:
            self._recent = Recent()
            if self._run.session is not None:
                self._run_began(self._run.session)
            return
        if self._recent_queue is not None:
            self._recent_queue.close()
        self._recent = self._recent_queue = None

    @Slot()
    def save_recent(self) -> None:
        """Write what is kept into a file."""
        recent = self._recent
        if recent is None:
            return
        path = recordings_folder() / file_name(datetime.now().astimezone())

        def save() -> tuple[Path, str]:
            output = _created(path)
            seconds = recent.save(output)
            return output.path, f"{clock(seconds)}, {_size(output.size_bytes)}"

        self._tasks.start("save", save, lambda made: self._saved(*made), self._failed)

    def why_not_record(self) -> str:
        """Why no recording can begin now, or '' if one can."""
        if self.recording or self._run.session is not None:
            return ""
        return tr("Nothing is streaming.")

    def why_not_save(self) -> str:
        """Why there are no last seconds to be saved, or ''."""
        if self._recent is None:
            return tr("Switch on “{title}” first.", title=_keep_title())
        return "" if self._recent.held_bytes else tr("Nothing was streamed since they are kept.")

    def close(self, timeout_s: float) -> None:
        """End the recording, and wait a while for its file to be whole."""
        recorder = self._recorder
        if recorder is None:
            return
        if self._queue is not None:
            self._queue.leave()
        until = time.monotonic() + timeout_s
        while not recorder.closed and time.monotonic() < until:
            time.sleep(_STEP_S)

    def _begin(self, recorder: Recorder) -> None:
        self._starting = False
        session = self._run.session
        if session is None:
            recorder.close()
            return
        self._recorder = recorder
        self._queue = session.subscribe(
            recorder, Policy.DROP, "recording", QUEUE_ITEMS, QUEUE_BYTES
        )
        self._timer.start()
        self._show()

    def _finish(self) -> None:
        """Take no more; the file is closed once what waits is in it."""
        if self._queue is not None:
            self._queue.leave()
            self._queue = None

    def _failed(self, error: Exception) -> None:
        self._starting = False
        self._notifier.show_error(error)

    @Slot(object)
    def _run_began(self, session: LiveSession) -> None:
        if self._recent is not None:
            self._recent_queue = session.subscribe(
                self._recent, Policy.DROP, "recent", QUEUE_ITEMS, QUEUE_BYTES
            )

    @Slot()
    def _look(self) -> None:
        recorder = self._recorder
        if recorder is not None and recorder.closed:
            self._recorder = self._queue = None
            self._timer.stop()
            self.changed.emit("", "")
            about = f"{clock(recorder.seconds)}, {_size(recorder.size_bytes)}"
            self._saved(recorder.path, about, whole=recorder.error is None)
        elif recorder is not None:
            self._show()

    def _show(self) -> None:
        recorder = self._recorder
        assert recorder is not None
        text = f"{clock(recorder.seconds)} {_size(recorder.size_bytes)}"
        self.changed.emit(
            text, tr("Recording into {file}; a click ends it", file=recorder.path.name)
        )

    def _saved(self, path: Path, about: str, *, whole: bool = True) -> None:
        """Say where it is; why it is not whole, the run has said."""
        self.saved.emit(str(path))
        title = tr("Recording saved: {file}", file=path.name)
        if not whole:
            title = tr("Recorded until it failed: {file}", file=path.name)
        body = tr("It is in {folder}.", folder=str(path.parent))
        play = ToastAction(tr("Open it"), partial(self.play_wanted.emit, str(path)))
        folder = show_folder(path.parent)
        self._notifier.show_notice(Notice(Severity.INFO, title, f"{about}\n{body}"), (play, folder))


def recording_commands(control: RecordingControl) -> Iterator[Command]:
    """What can be recorded of a run."""
    yield Command(
        "run.record",
        tr("Record"),
        control.toggle,
        "Run/record",
        ("Ctrl+Shift+R",),
        blocked=control.why_not_record,
        checked=lambda: control.recording,
        aliases="recording file mcap save capture",
    )
    yield Command(
        "run.keep_recent",
        _keep_title(),
        control.toggle_recent,
        "Run/record",
        checked=lambda: control.keeps_recent,
        aliases="recording ring buffer flight recorder",
    )
    yield Command(
        "run.save_recent",
        tr("Save the last {seconds} s", seconds=number(RECENT_SECONDS)),
        control.save_recent,
        "Run/record",
        ("Ctrl+Shift+B",),
        blocked=control.why_not_save,
        aliases="recording ring buffer mcap",
    )


def _keep_title() -> str:
    return tr("Keep the last {seconds} s in memory", seconds=number(RECENT_SECONDS))


def recordings_folder() -> Path:
    """Where recordings go: a folder of ours among the user's videos."""
    videos = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
    return Path(videos or Path.home()) / "Inferdeck"


def file_name(now: datetime) -> str:
    """A name by the time, which every file system takes."""
    return now.strftime("%Y-%m-%d %H.%M.%S.mcap")


def clock(seconds: float) -> str:
    """A length as 0:07, 12:30 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _size(size_bytes: int) -> str:
    if size_bytes < _GB:
        return f"{number(size_bytes / 1e6, 1)} MB"
    return f"{number(size_bytes / _GB, 1)} GB"


def _created(path: Path) -> OutputFile:
    """A new file, in a folder that is made if it is not there; raises UsageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            tr("{folder} cannot be made: {reason}.", folder=str(path.parent), reason=reason),
            tr("Recordings go there: make room for a folder of that name."),
        ) from error
    return create(path, numbered=True)
