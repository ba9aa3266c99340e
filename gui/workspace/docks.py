"""Docks with quiet title bars, which can be locked in place and put back as designed."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabBar, QTabWidget, QWidget

from gui.widgets.theme import GAP, GAP_SMALL

_MOVABLE = (
    QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)


class Dock(QDockWidget):
    """A panel; in the bottom row its tab is its title, elsewhere a small caption is."""

    def __init__(self, name: str, title: str, content: QWidget, *, captioned: bool) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._captioned = captioned
        self.setWidget(content)
        # Behind another tab Qt only moves it away: keys would come to what nobody sees.
        policy = content.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the row is as high as its highest tab
        content.setSizePolicy(policy)
        self.visibilityChanged.connect(content.setVisible)
        self.set_locked(locked=True)

    def set_locked(self, *, locked: bool) -> None:
        """Locked docks cannot be moved and show no handles."""
        old = self.titleBarWidget()
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures if locked else _MOVABLE)
        # None gives back Qt's own title bar with its handles; the stubs do not know.
        self.setTitleBarWidget(self._quiet_title() if locked else None)  # type: ignore[arg-type]
        if old is not None:
            old.deleteLater()

    def _quiet_title(self) -> QWidget:
        if not self._captioned:
            return QWidget()
        title = QLabel(self.windowTitle())
        title.setObjectName("dockTitle")
        title.setProperty("role", "panel")
        title.setContentsMargins(GAP, GAP, GAP, GAP_SMALL)
        return title


class DockArea(QMainWindow):
    """A page with something in the middle and docks around it."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._docks: dict[str, Dock] = {}
        self._designed = QByteArray()
        self._locked = True
        self.by_hand = False
        """Whether the user has moved a border, so that panels no longer grow with the window."""

    def event(self, event: QEvent) -> bool:
        """A press of the mouse that the page itself has a use for is one on a border."""
        handled = super().event(event)
        if event.type() is QEvent.Type.MouseButtonPress and event.isAccepted():
            self.by_hand = True
        return handled

    @property
    def locked(self) -> bool:
        """Whether docks stay where they are."""
        return self._locked

    def dock(self, name: str) -> Dock:
        """The dock of that name."""
        return self._docks[name]

    def add_right(self, name: str, title: str, content: QWidget) -> None:
        """A dock in the right column, under those before it."""
        dock = Dock(name, title, content, captioned=True)
        self._docks[name] = dock
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock, Qt.Orientation.Vertical)

    def add_bottom(self, name: str, title: str, content: QWidget) -> None:
        """A dock in the bottom row, in a tab beside those before it."""
        dock = Dock(name, title, content, captioned=False)
        bottom = [d for d in self._docks.values() if self._is_bottom(d)]
        self._docks[name] = dock
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        if bottom:
            self.tabifyDockWidget(bottom[-1], dock)

    def designed(self) -> None:
        """The docks are as they were meant: what `reset` brings back."""
        self._designed = self.saveState()

    def restore(self, state: QByteArray) -> bool:
        """Put every dock as a saved state has it; False if that cannot be read."""
        before = self._tab_bars()
        restored = self.restoreState(state)
        # Qt makes new tab bars and leaves the old ones where they were, in front of everything.
        if self._tab_bars() - before:
            for bar in before:
                bar.hide()
        return restored

    def reset(self) -> None:
        """Put every dock back as designed."""
        self.by_hand = False
        self.restore(self._designed)
        self.size_docks()

    def size_docks(self) -> None:
        """Give every dock the size it was designed for; a page says which."""

    def set_locked(self, *, locked: bool) -> None:
        """Lock or unlock every dock."""
        self._locked = locked
        for dock in self._docks.values():
            dock.set_locked(locked=locked)

    def toggle_locked_docks(self) -> None:
        """Let docks be moved, or not."""
        self.set_locked(locked=not self._locked)

    def panel_titles(self) -> tuple[tuple[str, str], ...]:
        """Name and title of every dock, in the order in which they were added."""
        return tuple((name, dock.accessibleName()) for name, dock in self._docks.items())

    def open_dock(self, name: str) -> None:
        """Show a dock and bring its tab to the front."""
        dock = self._docks[name]
        dock.show()
        dock.raise_()

    def _tab_bars(self) -> set[QTabBar]:
        only = Qt.FindChildOption.FindDirectChildrenOnly
        return set(self.findChildren(QTabBar, options=only))

    def _is_bottom(self, dock: Dock) -> bool:
        return self.dockWidgetArea(dock) is Qt.DockWidgetArea.BottomDockWidgetArea
