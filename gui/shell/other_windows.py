"""Other windows of this program that use the same files: said once, and looked after."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from backend.core.errors import UsageError
from backend.core.files.presence import Presence, RunningProcess
from backend.core.status import Notice, Severity
from gui.state.server_control import ServerControl, open_ports
from gui.state.tasks import Tasks
from gui.widgets.language import count, tr

_log = logging.getLogger("inferdeck.gui")

_SETTLE_MS = 200


class OtherWindows(QObject):
    """Tells other windows of this one and its server, and the user of the others.

    `holder` names the window behind a port, for any thread.
    """

    found = Signal(object)
    """A Notice about the windows that were open before this one."""
    files_changed = Signal()
    """Something in the folder was replaced, maybe by another window."""

    def __init__(
        self,
        presence: Presence,
        folder: str,
        server: ServerControl,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._server = server
        self._presence = presence
        self._folder = folder
        self._tasks = tasks
        self._ports: tuple[int, ...] = ()
        self._watcher = QFileSystemWatcher(self)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self.files_changed)
        self._watcher.directoryChanged.connect(lambda _folder: self._settled.start())
        server.changed.connect(self._look)

    def begin(self) -> None:
        """Tell the others, and look who is there."""

        def work() -> tuple[RunningProcess, ...]:
            self._presence.announce()
            return self._presence.others()

        def done(others: tuple[RunningProcess, ...]) -> None:
            self._watcher.addPath(self._folder)
            if others:
                self.found.emit(Notice(Severity.WARNING, _title(others), _words(others)))

        self._tasks.start("presence", work, done, _not_announced)

    @Slot()
    def _look(self) -> None:
        """Tell the others the ports of the server if they changed."""
        ports = tuple(sorted(open_ports(self._server.server)))
        if ports != self._ports:
            self._ports = ports
            self._tasks.start(
                "presence", lambda: self._presence.announce(ports), lambda _: None, _not_announced
            )

    @Slot()
    def close(self) -> None:
        """Watch nothing any more, and be gone for the others."""
        self._settled.stop()
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._presence.close()


def holder_in(presence: Presence) -> Callable[[int], str]:
    """What says in words whether another window listens on a port, '' if none does."""

    def holder(port: int) -> str:
        try:
            found = next((one for one in presence.others() if port in one.ports), None)
        except (UsageError, OSError):
            return ""
        if found is None:
            return ""
        return tr("It is the server of another window of Inferdeck, {who}.", who=_who(found))

    return holder


def _title(others: Sequence[RunningProcess]) -> str:
    return count(
        len(others),
        "Inferdeck is open in another window",
        "Inferdeck is open in {n} other windows",
    )


def _words(others: Sequence[RunningProcess]) -> str:
    who = tr("There is {others}.", others="; ".join(map(_place, others)))
    shared = tr("Both use the same targets, profiles, layouts, history and settings; all is kept.")
    return f"{who} {shared}"


def _place(other: RunningProcess) -> str:
    if not other.ports:
        return _who(other)
    ports = ", ".join(map(str, other.ports))
    return tr("{who}, with its server on ports {ports}", who=_who(other), ports=ports)


def _who(other: RunningProcess) -> str:
    if not other.pid:
        return tr("a process that does not say its number")
    try:
        since = datetime.fromisoformat(other.since).strftime("%H:%M")
    except ValueError:
        return tr("process {pid}", pid=other.pid)
    return tr("process {pid} since {time}", pid=other.pid, time=since)


def _not_announced(error: Exception) -> None:
    """What cannot be written is said where it is missed: by the settings and the targets."""
    _log.info("other windows do not learn of this one: %s", error)
