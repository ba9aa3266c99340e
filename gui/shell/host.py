"""What the window offers its pages, gathered from the parts that know it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.samples import Sample
from backend.core.status import Notice
from backend.core.target import Target
from gui.live import LivePage
from gui.state.settings import SettingsStore
from gui.state.switchboard import SwitchModel
from gui.state.tasks import Tasks
from gui.targets import TargetController
from gui.widgets.theme import Palette
from gui.workspace.appearance import Appearance
from gui.workspace.notices import ToastAction


class WindowHost(QObject):
    """A `PageHost`; what it cannot do itself it asks for by signals."""

    target_changed = Signal()
    notice_wanted = Signal(object, object, str)
    """A Notice, its actions and its details."""
    error_wanted = Signal(object)
    page_wanted = Signal(str)

    def __init__(
        self,
        appearance: Appearance,
        store: SettingsStore,
        tasks: Tasks,
        board: SwitchModel,
        targets: TargetController,
        live: LivePage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.store = store
        self.tasks = tasks
        self._appearance = appearance
        self._board = board
        self._targets = targets
        self._live = live
        self._told = Target(EMBEDDED)
        board.used.connect(self.look)

    @property
    def palette_roles(self) -> Palette:
        """The colours in use."""
        return self._appearance.palette

    @property
    def target(self) -> Target:
        """The target chosen in the bar, with the present addresses of the embedded server."""
        return self._targets.usable(self._board.current.target)

    @property
    def model(self) -> str:
        """The model chosen in the bar."""
        return self._board.current.model

    def newest_sample(self) -> Sample | None:
        """The newest frame or window of sound on show."""
        return self._live.newest_sample

    def show_notice(
        self, notice: Notice, actions: tuple[ToastAction, ...] = (), details: str = ""
    ) -> None:
        """An event, as a toast and in the log."""
        self.notice_wanted.emit(notice, actions, details)

    def show_error(self, error: Exception) -> None:
        """An error with what can be done about it."""
        self.error_wanted.emit(error)

    def log(self, text: str) -> None:
        """A line in the log."""
        self._live.log.add_text(text)

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.page_wanted.emit(name)

    @Slot()
    def look(self) -> None:
        """Tell the pages if the target is another one, or has other addresses."""
        if self.target != self._told:
            self._told = self.target
            self.target_changed.emit()
