"""Features: the parts that the window is made of, each of which brings its own commands.

A feature is built whole by `gui/shell/assembly.py`, connects itself to what it needs, and is handed
to the window, which asks it for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from gui.state.live_session import NewestSample
from gui.state.measured_ways import MeasuredWays
from gui.state.models import SwitchModel
from gui.state.settings import SettingsStore
from gui.state.tasks import Tasks
from gui.views.class_hues import ClassHues
from gui.widgets.theme import Palette
from gui.workspace.appearance import Appearance
from gui.workspace.commands import Command
from gui.workspace.notifier import Notifier
from gui.workspace.pages import Navigator


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the features share: appearance, what is remembered, and ways to the user."""

    appearance: Appearance
    store: SettingsStore
    tasks: Tasks
    switches: SwitchModel
    notifier: Notifier
    navigator: Navigator
    newest: NewestSample
    anchor: QWidget
    """A widget of the window, for parents: dialogs open over `window`, which holds it later."""
    ways: MeasuredWays
    hues: ClassHues
    """One for all pages: a class looks the same wherever it is shown."""

    @property
    def palette(self) -> Palette:
        """The colours in use."""
        return self.appearance.palette

    @property
    def window(self) -> QWidget:
        """What dialogs open over."""
        return self.anchor.window()


class Feature:
    """Does nothing; a feature overrides what concerns it. All on the window's thread."""

    def commands(self) -> Iterable[Command]:
        """What can be done with it; `gui.shell.command_order` says where that is in the menus."""
        return ()

    def palette_entries(self) -> Iterable[Command]:
        """Commands for what there is at the moment, for the command palette alone."""
        return ()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up other colours."""

    def begin(self) -> None:
        """The window is built: begin what goes on by itself."""

    def close(self) -> None:
        """The window closes: keep what is to be kept, and end what runs."""
