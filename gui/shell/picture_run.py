"""`--screenshot`: the real window streams for a while, is saved as a picture, and quits."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from backend.core.errors import ConsoleError, RequestError, SourceError, UsageError
from gui.shell.assembly import Assembly
from gui.state.live_session import LiveSession

_OK, _USAGE, _UNREACHABLE, _SERVER_ERROR = 0, 2, 3, 4
_READY_WAIT_S, _OPENED_WAIT_S = 15, 150
"""For the server; and for models to be tried or loaded first."""


class PictureRun(QObject):
    """Waits for the server, streams, takes the picture while it still streams, stops, quits.

    `exit_code` is 0 if something was answered, 2 for a source or setting that cannot be, 3 for a
    target that cannot be reached, 4 for one that answers with errors only.
    """

    def __init__(
        self, assembly: Assembly, picture: Path, seconds: float, *, opens: bool = False
    ) -> None:
        """`opens` says that files are opened first, which may be models to stream to."""
        super().__init__(assembly.window)
        self._window = assembly.window
        self._run = run = assembly.live.run
        self._start = assembly.live.start
        self._picture = picture
        self._error: Exception | None = None
        self._done = False
        self.exit_code = _OK
        self.report = ""
        self._timer = QTimer(self, singleShot=True, interval=int(seconds * 1000))
        self._timer.timeout.connect(self._take)
        self._wait_s = _OPENED_WAIT_S if opens else _READY_WAIT_S
        self._patience = QTimer(self, singleShot=True, interval=1000 * self._wait_s)
        self._patience.timeout.connect(self._give_up)
        self._patience.start()
        ready = assembly.live.drops.settled if opens else assembly.live.start.became_ready
        ready.connect(self._begin)
        assembly.live.drops.refused.connect(self._failed)
        run.session_changed.connect(self._streams)
        run.failed.connect(self._failed)
        run.source_failed.connect(self._source_failed)
        run.ended.connect(self._ended)

    @Slot()
    def _begin(self) -> None:
        if self._error is None:
            self._start.toggle()
            if self._start.wanted:  # it waits for its model to be loaded
                self._wait_s = _OPENED_WAIT_S
                self._patience.start(1000 * self._wait_s)

    @Slot(object)
    def _streams(self, _session: LiveSession) -> None:
        self._patience.stop()
        self._timer.start()

    @Slot(str, object)
    def _source_failed(self, _spec: str, error: Exception) -> None:
        self._failed(error)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._error = error
        if self._run.session is None:
            QTimer.singleShot(0, self._take)

    @Slot()
    def _give_up(self) -> None:
        self._error = UsageError(f"The run did not start within {self._wait_s} s.")
        self._take()

    @Slot()
    def _take(self) -> None:
        if self._done:
            return
        self._done = True
        self._timer.stop()
        if not self._window.grab().save(str(self._picture)):
            self._error = UsageError(
                f"The picture cannot be saved as {self._picture}.",
                "Give a path that can be written, ending in .png or .jpg.",
            )
        session = self._run.session
        if session is None:
            self._leave(_exit_code(self._error))
            return
        self._run.stop()

    @Slot(object)
    def _ended(self, session: LiveSession) -> None:
        if not self._done:  # a file that came to its end before the time was up
            self._done = True
            self._timer.stop()
            QTimer.singleShot(100, lambda: self._ended_early(session))
            return
        self._finish(session)

    def _ended_early(self, session: LiveSession) -> None:
        self._window.grab().save(str(self._picture))
        self._finish(session)

    def _finish(self, session: LiveSession) -> None:
        summary = session.summary()
        self.report = summary.as_table()
        error = session.error or self._error
        if error is None and not summary.answered:
            alerts = session.status().alerts
            self.report += "".join(f"\n{alert.title} {alert.body}" for alert in alerts)
            self._leave(_SERVER_ERROR if summary.failed else _UNREACHABLE)
            return
        self._leave(_exit_code(error))

    def _leave(self, exit_code: int) -> None:
        self.exit_code = exit_code
        if self._error is not None:
            self.report = f"{self.report}\n{self._error}".strip()
        self._window.close()
        QApplication.exit(exit_code)


def _exit_code(error: Exception | None) -> int:
    match error:
        case None:
            return _OK
        case UsageError() | SourceError():
            return _USAGE
        case RequestError():
            return _SERVER_ERROR
        case ConsoleError():
            return error.exit_code
        case _:
            return _SERVER_ERROR
