"""The inspect page on a stage of its own: a real server, real threads and a window that listens."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from backend.core.choices import EMBEDDED
from backend.core.samples import MediaKind, Sample
from backend.core.status import Notice
from backend.core.target import Target
from backend.inspector.history.store import History
from backend.profiles.book import ProfileBook
from gui.inspect.engine import Engine
from gui.inspect.page import InspectPage
from gui.state.run_control import RunControl
from gui.state.settings import Settings, SettingsStore
from gui.state.tasks import ThreadTasks
from gui.views.class_hues import ClassHues
from gui.widgets.theme import DARK, Palette
from gui.workspace.notices import ToastAction
from gui.workspace.notifier import Notifier
from tests.gui.shell_fakes import SOURCES, FakeSession


class ListeningNotifier(Notifier):
    """Remembers what the user would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: list[Notice] = []
        self.actions: list[tuple[ToastAction, ...]] = []
        self.errors: list[Exception] = []
        self.lines: list[str] = []

    def show_notice(
        self, notice: Notice, actions: tuple[ToastAction, ...] = (), details: str = ""
    ) -> None:
        del details
        self.notices.append(notice)
        self.actions.append(actions)

    def show_error(self, error: Exception) -> None:
        self.errors.append(error)

    def log(self, text: str) -> None:
        self.lines.append(text)


class ListeningHost(QObject):
    """A `PageHost` that is set by the test."""

    target_changed = Signal()

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.palette_roles: Palette = DARK
        self.tasks = ThreadTasks()
        self.notifier = ListeningNotifier()
        self.store = SettingsStore(None, Settings(), lambda _problem: None, SOURCES)
        self.hues = ClassHues()
        self.target = target
        self.model = "identity"
        self.sample: Sample | None = None
        self.run = RunControl(self.tasks, SOURCES.make, FakeSession, self)
        self.used: list[tuple[str, MediaKind]] = []

    def newest_sample(self) -> Sample | None:
        return self.sample

    def show_page(self, name: str) -> None:
        del name

    def use_model(self, name: str, kind: MediaKind) -> None:
        self.used.append((name, kind))


def inspect_page(target: Target, folder: Path) -> tuple[InspectPage, ListeningHost]:
    """A page that follows the target; to be closed with `leave`."""
    host = ListeningHost(target)
    book = ProfileBook(folder / "profiles")
    engine = Engine(
        profile=lambda at, model: book.find(at.name, model).profile,
        open_history=lambda: History(folder / "history.sqlite"),
        requests_folder=lambda: folder / "own" / "Requests",
    )
    page = InspectPage(host, engine)
    page.widget.resize(1280, 640)
    page.widget.show()
    page.activated()
    return page, host


def leave(page: InspectPage, host: ListeningHost) -> None:
    """End everything the page has started."""
    page.close()
    host.tasks.close(5.0)
    page.past.close()
    page.widget.deleteLater()


NOWHERE = Target(EMBEDDED, "http://127.0.0.1:9", "127.0.0.1:9")
