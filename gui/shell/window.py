"""The frame: bar, pages and strip, menus, and whatever floats over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from backend.core.status import Notice, Severity
from gui.shell.command_order import in_order
from gui.shell.drop_overlay import DropOverlay, DropTaker
from gui.shell.page_deck import PageDeck
from gui.shell.palette import CommandPalette
from gui.shell.shortcut_sheet import ShortcutSheet
from gui.state.preferences import Preferences
from gui.state.settings import blob_text, text_blob
from gui.widgets.icons import application_icon
from gui.widgets.language import tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command, CommandSet
from gui.workspace.feature import Feature, Workspace
from gui.workspace.toasts import Toasts

_DESIGNED = QSize(1280, 800)


class Presentation(Protocol):
    """Something that can have the whole screen to itself for a while."""

    @property
    def widget(self) -> QWidget:
        """What is shown then."""
        ...

    def begin(self) -> None:
        """It has the screen."""
        ...

    def end(self) -> None:
        """It has it no more."""
        ...


class MainWindow(QMainWindow):
    """Shows what the features bring, and knows none of them.

    `deck` holds the workspace's anchor; `drops` gets what is dropped on the window, as paths and
    URLs; `presentation` can have all of the screen.
    """

    closed = Signal()
    """It has vanished, and what ran has been told to end."""

    def __init__(
        self,
        workspace: Workspace,
        bar: QWidget,
        deck: PageDeck,
        strip: QWidget,
        features: Sequence[Feature],
        drops: DropTaker,
        presentation: Presentation,
    ) -> None:
        super().__init__()
        self._store = workspace.store
        self._notifier = workspace.notifier
        self._features = tuple(features)
        self.deck = deck
        self._presentation = presentation
        self._before_presenting = Qt.WindowState.WindowNoState
        palette = workspace.palette
        self._build(bar, strip)
        self.toasts = Toasts(self, palette, strip.minimumHeight())
        self._drop = DropOverlay(self, palette, drops)
        self.commands = CommandSet(self, self._show_blocked)
        self.commands.add(in_order(self._all_commands()))
        self.commands.fill(self.menuBar())
        self._command_palette = CommandPalette(self, self.commands, palette, self._entries)
        self._notifier.notified.connect(self.toasts.show_notice)
        self._notifier.condition_changed.connect(self.toasts.show_condition)
        self._store.preferences_changed.connect(self._use_preferences)
        workspace.appearance.changed.connect(self._recolour)
        self._restore()
        for feature in self._features:
            feature.begin()

    def sizeHint(self) -> QSize:
        """As designed."""
        return _DESIGNED

    # -- building ------------------------------------------------------------------------------

    def _build(self, bar: QWidget, strip: QWidget) -> None:
        self.setWindowTitle("Inferdeck")
        self.setWindowIcon(application_icon())
        middle = QWidget()
        middle.setObjectName("page")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.deck, 1)
        column.addWidget(strip)
        self._layers = QStackedWidget()
        self._layers.addWidget(middle)
        self._layers.addWidget(self._presentation.widget)
        self.setCentralWidget(self._layers)

    def _restore(self) -> None:
        settings = self._store.current
        self.resize(_DESIGNED.boundedTo(self.screen().availableGeometry().size()))
        if settings.window.geometry:
            self.restoreGeometry(text_blob(settings.window.geometry))
        self._use_preferences(settings.preferences)

    def _all_commands(self) -> Iterator[Command]:
        for feature in self._features:
            yield from feature.commands()
        yield from self.deck.commands()
        yield from self._own_commands()

    def _own_commands(self) -> Iterator[Command]:
        yield Command(
            "app.quit",
            tr("Quit"),
            self.close_soon,
            "File/quit",
            ("Ctrl+Q",),
            role=QAction.MenuRole.QuitRole,
        )
        yield Command(
            "view.presenter",
            tr("Presenter mode"),
            self.toggle_presenting,
            "View/window",
            ("F11",),
            checked=lambda: self.presenting,
            aliases="presentation audience talk demo full screen",
        )
        yield Command(
            "view.full_screen",
            tr("Full screen"),
            self.toggle_full_screen,
            "View/window",
            ("Shift+F11",),
            checked=self.isFullScreen,
        )
        yield Command("view.escape", tr("Leave full screen or cancel"), self.escape, keys=("Esc",))
        yield Command(
            "app.palette",
            tr("Command palette..."),
            self.open_palette,
            "Help",
            ("Ctrl+K", "Ctrl+Shift+P"),
        )
        yield Command("app.shortcuts", tr("Shortcuts"), self.open_shortcuts, "Help", ("Ctrl+/",))

    def _entries(self) -> list[Command]:
        return in_order(entry for feature in self._features for entry in feature.palette_entries())

    # -- what the user can do ------------------------------------------------------------------

    @Slot()
    def toggle_full_screen(self) -> None:
        """All of the screen, or as before."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    @property
    def presenting(self) -> bool:
        """Whether there is nothing to see but the presentation."""
        return self._layers.currentWidget() is self._presentation.widget

    @Slot()
    def toggle_presenting(self) -> None:
        """Nothing but the presentation on the whole screen, or all as before."""
        if self.presenting:
            self._layers.setCurrentIndex(0)
            self._presentation.end()
            self.toasts.set_muted(muted=False)
            self.menuBar().show()
            self.setWindowState(self._before_presenting)
        else:
            self._before_presenting = self.windowState()
            self.toasts.set_muted(muted=True)
            self.menuBar().hide()
            self._layers.setCurrentWidget(self._presentation.widget)
            self._presentation.begin()
            self.showFullScreen()

    @Slot()
    def escape(self) -> None:
        """Leave presenter mode or full screen, else end what is under way on the page in front."""
        if self.presenting:
            self.toggle_presenting()
        elif self.isFullScreen():
            self.showNormal()
        else:
            self.deck.escape()

    @Slot()
    def open_palette(self) -> None:
        """Find a command by name."""
        self._command_palette.open()

    @Slot()
    def open_shortcuts(self) -> None:
        """Every key there is."""
        ShortcutSheet(self, self.commands).open()

    @Slot()
    def close_soon(self) -> None:
        """Quit once the command that asked for it is done."""
        QTimer.singleShot(0, self.close)

    # -- what happens --------------------------------------------------------------------------

    @Slot(object)
    def _recolour(self, palette: Palette) -> None:
        for feature in self._features:
            feature.set_palette_roles(palette)
        for part in (self.deck, self.toasts, self._drop, self._command_palette):
            part.set_palette_roles(palette)

    @Slot(object)
    def _use_preferences(self, preferences: Preferences) -> None:
        self.toasts.least = preferences.toasts

    def _show_blocked(self, reason: str) -> None:
        self._notifier.show_notice(Notice(Severity.INFO, reason))

    # Events are told from here: a filter on the window would run Python whenever it is painted.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Toasts stay in the corner."""
        super().resizeEvent(event)
        self.toasts.arrange()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files, most of the time."""
        self._drop.enter(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """They go on to somewhere else."""
        self._drop.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        """They are for us."""
        self._drop.drop(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Vanish at once, then end what runs."""
        if self.presenting:
            self.toggle_presenting()
        memory = replace(self._store.current.window, geometry=blob_text(self.saveGeometry()))
        self._store.update(replace(self._store.current, window=memory))
        self.hide()
        for dialog in self.findChildren(QDialog):
            dialog.reject()  # one that stays open would keep the program alive
        for feature in reversed(self._features):
            feature.close()
        self.deck.close_pages()
        self._store.flush()
        event.accept()
        self.closed.emit()
