"""Starting a run as soon as that makes sense: once server, target and model are there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.core.choices import EMBEDDED
from gui.state.models import RepositoryControl, SwitchModel
from gui.state.run_control import Phase, RunControl
from gui.state.server_control import ServerControl
from gui.state.switches import target_title
from gui.targets import TargetController


class StartControl(QObject):
    """Starts and stops runs; keeps in mind that one is wanted until it can begin."""

    changed = Signal()
    """`ready`, `wanted`, `asking` or `loading` is another."""
    became_ready = Signal()
    """The server answered for the first time, or failed to: a run can be started."""

    def __init__(
        self,
        run: RunControl,
        switches: SwitchModel,
        targets: TargetController,
        server: ServerControl,
        repositories: RepositoryControl,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._run = run
        self._switches = switches
        self._targets = targets
        self._repositories = repositories
        repositories.wanted = lambda: switches.current.model
        self.ready = self.wanted = False
        server.ready.connect(self._become_ready)
        server.failed.connect(self._become_ready)
        # Queued: whoever learns what a loaded model takes hears of it first.
        repositories.changed.connect(self.start_if_known, Qt.ConnectionType.QueuedConnection)

    @property
    def loading(self) -> str:
        """The model that a run waits for to be loaded, '' if none does."""
        waits = self.ready and self.wanted and self._loads()
        return self._switches.current.model if waits else ""

    @property
    def asking(self) -> str:
        """The target that a run waits for to be known, '' if none does."""
        waits = self.ready and self.wanted and not self._loads()
        return target_title(self._switches.current.target) if waits else ""

    @Slot()
    def toggle(self) -> None:
        """Start, or stop; before the server is up, start as soon as it is."""
        waits = not self.ready or self._waits()
        if waits and self._run.phase is Phase.IDLE:
            self.wanted = not self.wanted
            self.changed.emit()
        else:
            self.wanted = False
            self._run.toggle()

    @Slot()
    def start_if_known(self) -> None:
        """Begin the run that is wanted, once the model is there and it is known what it takes."""
        if not (self.ready and self.wanted) or self._waits():
            return
        self.wanted = False
        self._run.start()

    def _waits(self) -> bool:
        return self._targets.waits(self._switches.current) or self._loads()

    def _loads(self) -> bool:
        switches = self._switches.current
        return switches.target.name == EMBEDDED and self._repositories.brings(switches.model)

    @Slot()
    def _become_ready(self) -> None:
        if self.ready:
            return
        self.ready = True
        self.changed.emit()
        self.start_if_known()
        self.became_ready.emit()
