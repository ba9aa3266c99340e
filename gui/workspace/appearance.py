"""Applies the chosen theme to the application and follows the desktop when it changes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from gui.widgets.stylesheet import stylesheet
from gui.widgets.theme import BODY_PX, Palette, ThemeChoice, palette_for, sized

_SLICE_NS = 4_000_000
"""Styling hidden widgets takes so much of the event loop at once."""


class Appearance(QObject):
    """The palette in use; `changed` carries the new one after what is visible has taken it up.

    The stylesheet stays and only the palette changes: a new sheet would have Qt style every widget
    twice, a sixth of a second with all pages open. Qt keeps what it has resolved of a sheet for
    each widget, so each is styled anew: visible ones at once, the others a few at a time, before
    anybody looks.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self.palette = self._wanted()
        app.setStyle("Fusion")
        app.setFont(sized(app.font(), BODY_PX))
        app.setPalette(self.palette.to_qt())
        app.setStyleSheet(stylesheet())
        self._waiting: list[QWidget] = []
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._style_some)
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
        self._app.setPalette(self.palette.to_qt())
        self._waiting = self._app.allWidgets()
        self._style_visible()
        self._slices.start()

    def _style_visible(self) -> None:
        seen: list[QWidget] = []
        unseen: list[QWidget] = []
        for widget in self._waiting:
            with suppress(RuntimeError):  # deleted meanwhile
                (seen if widget.isVisible() else unseen).append(widget)
        self._waiting = unseen
        self._style(seen)

    @Slot()
    def _style_some(self) -> None:
        """Style what has become visible and a few others."""
        self._style_visible()
        until = time.monotonic_ns() + _SLICE_NS
        while self._waiting and time.monotonic_ns() < until:
            self._style([self._waiting.pop()])
        if not self._waiting:
            self._slices.stop()

    def _style(self, widgets: Iterable[QWidget]) -> None:
        style = self._app.style()
        for widget in widgets:
            style.polish(widget)
