"""A page that is imported and built when it is wanted, so that a start does not pay for it.

Until then its tab and its commands stand for it. What those are is written down here a second time:
to ask the page would be to import it. `tests/gui/shell/test_later_page.py` holds them to the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.core.status import Notice, Severity
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.pages import Page, PageFactory, PageHost


@dataclass(frozen=True, slots=True)
class PageOutline:
    """What the window has to know of a page that is not there yet; its commands do nothing."""

    name: str
    title: str
    icon: str
    commands: tuple[Command, ...]


class LaterPage:
    """A `Page` that makes another one when it comes to the front or one of its commands is run."""

    def __init__(self, outline: PageOutline, make: PageFactory, host: PageHost) -> None:
        self._outline, self._make, self._host = outline, make, host
        self._commands: dict[str, Command] = {}
        self.page: Page | None = None
        """The page itself, None as long as nobody wanted it."""
        self.widget = QWidget()
        self._column = QVBoxLayout(self.widget)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def name(self) -> str:
        """A word that stays the same in every language."""
        return self._outline.name

    @property
    def title(self) -> str:
        """What its tab says."""
        return self._outline.title

    @property
    def icon(self) -> str:
        """Name of an icon in assets/icons."""
        return self._outline.icon

    def commands(self) -> Iterator[Command]:
        """What can be done on it; to do it makes the page."""
        for each in self._outline.commands:
            yield replace(
                each, run=partial(self._run, each.id), blocked=partial(self._blocked, each.id)
            )

    def activated(self) -> None:
        """Make it, the first time."""
        self._made().activated()

    def deactivated(self) -> None:
        """Another page came to the front."""
        if self.page is not None:
            self.page.deactivated()

    def escape(self) -> bool:
        """End what is under way on it."""
        return self.page is not None and self.page.escape()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette; a page that is made later takes the one in use then."""
        if self.page is not None:
            self.page.set_palette_roles(palette)

    def close(self) -> None:
        """End what runs."""
        if self.page is not None:
            self.page.close()

    def _made(self) -> Page:
        if self.page is None:
            self.page = self._make(self._host)
            self._commands = {command.id: command for command in self.page.commands()}
            self._column.addWidget(self.page.widget)
        return self.page

    def _blocked(self, command_id: str) -> str:
        return self._commands[command_id].blocked() if self.page is not None else ""

    def _run(self, command_id: str) -> None:
        self._made()
        command = self._commands[command_id]
        # What a page that has just been made cannot do was not known when the command was chosen.
        if reason := command.blocked():
            self._host.notifier.show_notice(
                Notice(Severity.INFO, f"{command.title.rstrip('.')}: {reason}")
            )
            return
        command.run()
