"""What the window offers its pages, gathered from the parts that know it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.samples import MediaKind, Sample
from backend.core.target import Target
from gui.state.run_control import RunControl
from gui.state.server_control import ServerControl
from gui.targets import TargetController
from gui.widgets.theme import Palette
from gui.workspace.feature import Workspace


class WindowHost(QObject):
    """A `PageHost`."""

    target_changed = Signal()

    def __init__(
        self,
        workspace: Workspace,
        targets: TargetController,
        server: ServerControl,
        run: RunControl,
    ) -> None:
        super().__init__(workspace.anchor)
        self.store = workspace.store
        self.tasks = workspace.tasks
        self.notifier = workspace.notifier
        self.hues = workspace.hues
        self.run = run
        self._workspace = workspace
        self._resolver = targets.resolver
        self._reported = Target(EMBEDDED)
        workspace.switches.used.connect(self._look)
        server.changed.connect(self._look)
        targets.learned.connect(self._look)

    @property
    def palette_roles(self) -> Palette:
        """The colours in use."""
        return self._workspace.palette

    @property
    def target(self) -> Target:
        """The target chosen in the bar, with the present addresses of the embedded server."""
        return self._resolver.usable(self._workspace.switches.current.target)

    @property
    def model(self) -> str:
        """The model chosen in the bar."""
        return self._workspace.switches.current.model

    def newest_sample(self) -> Sample | None:
        """The newest frame or window of sound on show."""
        return self._workspace.newest.sample

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self._workspace.navigator.show_page(name)

    def use_model(self, name: str, kind: MediaKind) -> None:
        """Stream to a model of the embedded server, which takes samples of that kind."""
        self._workspace.navigator.use_model(name, kind)

    @Slot()
    def _look(self) -> None:
        """Tell the pages if the target is another one, or has other addresses."""
        if self.target != self._reported:
            self._reported = self.target
            self.target_changed.emit()
