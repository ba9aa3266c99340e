"""The switches in force: one place to read them, one way to change them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from gui.state.settings import SettingsStore
from gui.state.switches import Switches


class SwitchModel(QObject):
    """Remembers the switches and tells everyone about a change.

    A slot of `used` may use other switches at once; slots after it are then called with both, so
    that what counts is `current`.
    """

    used = Signal(object)
    """The Switches that hold from now on."""
    chosen = Signal(object, object)
    """The Switches before, and those that the user chose instead; `used` went before it."""

    def __init__(self, store: SettingsStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store

    @property
    def current(self) -> Switches:
        """The switches that hold."""
        return self._store.current.switches

    def use(self, switches: Switches) -> None:
        """Remember these and tell everyone."""
        self._store.update(replace(self._store.current, switches=switches))
        self.used.emit(switches)

    def choose(self, switches: Switches) -> None:
        """Use what the user has set by hand."""
        before = self.current
        self.use(switches)
        self.chosen.emit(before, switches)
