"""Pages: the large parts of the window, one of which is on show, and what they may ask of it.

A page is made by a `PageFactory`, which the composition root (`gui/shell/app.py`) gives the window:

    Parts(..., pages=(InspectPage,))          # called as InspectPage(host)

`gui.shell.later_page.LaterPage` stands for a page that is to be made when it is opened.

The live page is the first one; with a second one the window shows tabs, with Ctrl+1, Ctrl+2, ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot
from PySide6.QtWidgets import QWidget

from backend.core.samples import MediaKind, Sample
from backend.core.target import Target
from gui.state.run_control import RunControl
from gui.state.settings import SettingsStore
from gui.state.tasks import Tasks
from gui.views.class_hues import ClassHues
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.notifier import Notifier


class Page(Protocol):
    """One of the window's pages; all of it is called on the window's thread."""

    @property
    def name(self) -> str:
        """A word that stays the same in every language, for settings and command ids."""
        ...

    @property
    def title(self) -> str:
        """What its tab says."""
        ...

    @property
    def icon(self) -> str:
        """Name of an icon in assets/icons."""
        ...

    @property
    def widget(self) -> QWidget:
        """What is shown."""
        ...

    def commands(self) -> Iterable[Command]:
        """What can be done on it; running one brings the page to the front first."""
        ...

    def activated(self) -> None:
        """It came to the front: put the focus where work goes on."""
        ...

    def deactivated(self) -> None:
        """Another page came to the front: stop what only eyes need."""
        ...

    def escape(self) -> bool:
        """Esc was pressed while it is in front: end what is under way; whether there was any."""
        ...

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        ...

    def close(self) -> object:
        """The window closes: end what runs, without waiting, and keep what is to be kept."""
        ...


class PageHost(Protocol):
    """What the window offers its pages."""

    @property
    def palette_roles(self) -> Palette:
        """The colours in use; a page is told of others by `set_palette_roles`."""
        ...

    @property
    def tasks(self) -> Tasks:
        """Runs blocking work elsewhere."""
        ...

    @property
    def notifier(self) -> Notifier:
        """Tells the user."""
        ...

    @property
    def store(self) -> SettingsStore:
        """What is remembered."""
        ...

    @property
    def hues(self) -> ClassHues:
        """The colours of classes, the same on every page."""
        ...

    @property
    def run(self) -> RunControl:
        """The run of the live page."""
        ...

    @property
    def target(self) -> Target:
        """The target chosen in the bar, with the present addresses of the embedded server."""
        ...

    @property
    def target_changed(self) -> SignalInstance:
        """Emitted when `target` is another one, or has other addresses."""
        ...

    @property
    def model(self) -> str:
        """The model chosen in the bar."""
        ...

    def newest_sample(self) -> Sample | None:
        """The newest frame or window of sound on show; None before there was one."""
        ...

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        ...

    def use_model(self, name: str, kind: MediaKind) -> None:
        """Stream to a model of the embedded server, which takes samples of that kind."""
        ...


class Navigator(QObject):
    """Passes on what is wanted in front, from whoever wants it to who has it."""

    page_wanted = Signal(str)
    panel_wanted = Signal(str)
    model_wanted = Signal(str, object)
    """A model of the embedded server that is to be streamed to, and the MediaKind it takes."""

    @Slot(str)
    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.page_wanted.emit(name)

    @Slot(str)
    def open_panel(self, name: str) -> None:
        """Show a panel of the live page, and that page."""
        self.panel_wanted.emit(name)

    def use_model(self, name: str, kind: MediaKind) -> None:
        """Stream to a model of the embedded server on the live page."""
        self.model_wanted.emit(name, kind)


PageFactory: TypeAlias = Callable[[PageHost], Page]
"""Makes a page; called once, while the window is built."""
