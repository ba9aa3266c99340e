"""Settings and theme as a part of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction

from gui.shell.settings.form import SettingsForm
from gui.state.preferences import Preferences
from gui.widgets.language import tr
from gui.widgets.theme import ThemeChoice
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace


class SettingsFeature(Feature):
    """Keeps what is set, and applies the theme; preferences are told by the store.

    `why_no_switches` says why the bar has no room for the switches of the wire, '' if it has.
    """

    def __init__(self, workspace: Workspace, why_no_switches: Callable[[], str]) -> None:
        self._why_no_switches = why_no_switches
        self._workspace = workspace
        self._appearance = workspace.appearance
        self._store = workspace.store

    def commands(self) -> Iterator[Command]:
        """The settings, then the themes."""
        yield Command(
            "app.settings",
            tr("Settings..."),
            self.open,
            "File/settings",
            ("Ctrl+,",),
            aliases="preferences options",
            role=QAction.MenuRole.PreferencesRole,
        )
        for choice, title in (
            (ThemeChoice.SYSTEM, tr("System theme")),
            (ThemeChoice.LIGHT, tr("Light theme")),
            (ThemeChoice.DARK, tr("Dark theme")),
        ):
            yield Command(
                f"theme.{choice}",
                title,
                partial(self.choose_theme, choice),
                "View/theme",
                checked=partial(self._is_chosen, choice),
            )
        yield Command(
            "theme.toggle", tr("Switch light and dark"), self.toggle_theme, keys=("Ctrl+Shift+T",)
        )

    @Slot()
    def open(self) -> None:
        """Everything there is to set."""
        SettingsForm(
            self._workspace.window,
            self._store.current.preferences,
            self._appearance.choice,
            self._store.current.language,
            self._why_no_switches(),
            self._use_preferences,
            self.choose_theme,
            self.choose_language,
        ).open()

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the desktop."""
        self._appearance.choose(choice)
        self._store.update(replace(self._store.current, theme=choice))

    def choose_language(self, code: str) -> None:
        """For the next start."""
        self._store.update(replace(self._store.current, language=code))

    @Slot()
    def toggle_theme(self) -> None:
        """Light becomes dark and back."""
        dark = self._appearance.palette.dark
        self.choose_theme(ThemeChoice.LIGHT if dark else ThemeChoice.DARK)

    def _is_chosen(self, choice: ThemeChoice) -> bool:
        return self._appearance.choice is choice

    def _use_preferences(self, preferences: Preferences) -> None:
        self._store.update(replace(self._store.current, preferences=preferences))
