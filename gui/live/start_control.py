"""Starting a run as soon as that makes sense: once the server and the target are known."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from gui.state.run_control import Phase, RunControl
from gui.state.server_control import ServerControl
from gui.state.switch_model import SwitchModel
from gui.state.switches import target_title
from gui.targets import TargetController


class StartControl(QObject):
    """Starts and stops runs; keeps in mind that one is wanted until it can begin."""

    changed = Signal()
    """`ready`, `wanted` or `asking` is another."""
    became_ready = Signal()
    """The server answered for the first time, or failed to: a run can be started."""

    def __init__(
        self,
        run: RunControl,
        switches: SwitchModel,
        targets: TargetController,
        server: ServerControl,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._run = run
        self._switches = switches
        self._targets = targets
        self.ready = self.wanted = False
        server.ready.connect(self._become_ready)
        server.failed.connect(self._become_ready)

    @property
    def asking(self) -> str:
        """The target that a run waits for to be known, '' if none does."""
        waits = self.ready and self.wanted
        return target_title(self._switches.current.target) if waits else ""

    @Slot()
    def toggle(self) -> None:
        """Start, or stop; before the server is up, start as soon as it is."""
        waits = not self.ready or self._targets.waits(self._switches.current)
        if waits and self._run.phase is Phase.IDLE:
            self.wanted = not self.wanted
            self.changed.emit()
        else:
            self._run.toggle()

    def start_if_known(self) -> None:
        """Begin the run that is wanted, once it is known what the model takes."""
        if not (self.ready and self.wanted) or self._targets.waits(self._switches.current):
            return
        self.wanted = False
        self._run.start()

    @Slot()
    def _become_ready(self) -> None:
        if self.ready:
            return
        self.ready = True
        self.changed.emit()
        self.start_if_known()
        self.became_ready.emit()
