"""Applies the chosen theme to the application and follows the desktop when it changes."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from gui.widgets.stylesheet import stylesheet
from gui.widgets.theme import BODY_PX, Palette, ThemeChoice, palette_for, sized


class Appearance(QObject):
    """The palette in use; `changed` carries the new one after it has been applied."""

    changed = Signal(object)

    def __init__(self, app: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        with _no_collection():
            app.setStyle("Fusion")
        app.setFont(sized(app.font(), BODY_PX))
        self.palette = self._wanted()
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._follow)

    @property
    def choice(self) -> ThemeChoice:
        """What the user chose."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Switch now, everywhere."""
        self._choice = choice
        self._refresh()

    @Slot(Qt.ColorScheme)
    def _follow(self, _scheme: Qt.ColorScheme) -> None:
        self._refresh()

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted is self.palette:
            return
        self.palette = wanted
        self._apply()
        self.changed.emit(wanted)

    def _wanted(self) -> Palette:
        return palette_for(self._choice, self._app.styleHints().colorScheme())

    def _apply(self) -> None:
        # Qt styles every widget once for each of its ancestors when one sheet follows another, and
        # once when none was there: with all pages open a quarter of a second instead of one.
        with _no_collection():
            self._app.setStyleSheet("")
            self._app.setPalette(self.palette.to_qt())
            self._app.setStyleSheet(stylesheet(self.palette))


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Qt tells one widget after the other of a list that it made before, and our event filters run
    Python meanwhile: a collection there would delete widgets that are still to be told."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
