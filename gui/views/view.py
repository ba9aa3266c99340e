"""What every view shares: its palette, its keys and its text for people who do not see it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from gui.widgets.theme import DARK, Palette

TEXT_PERIOD_NS = 500_000_000
"""Numbers in text change twice a second at most, so that they can be read."""

PLOT_PERIOD_NS = 80_000_000
"""What scrolls by the clock does so twelve times a second at most: more is not seen as smoother."""

KEEP_CLEAR = "keepClear"
"""A widget with this property is looked up while one reads something else: toasts spare it."""


class View(QWidget):
    """A widget that draws data in the colours of a palette and can say in words what it shows."""

    keys: frozenset[Qt.Key] = frozenset()
    """Single keys that the view uses itself while it has the focus."""

    def __init__(self, name: str, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(parent)
        self._roles = palette
        self.setAccessibleName(name)
        if self.keys:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def roles(self) -> Palette:
        """The palette in use."""
        return self._roles

    @property
    def summary(self) -> str:
        """What the view shows, in one line of text."""
        return ""

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette and draw again."""
        self._roles = palette
        self.palette_changed()
        self.update()

    def palette_changed(self) -> None:
        """For views that keep something coloured."""

    def describe(self) -> None:
        """Hand the summary to assistive programs; for views to call when their text changes."""
        self.setAccessibleDescription(self.summary)

    def event(self, event: QEvent) -> bool:
        """Claim the view's own keys before the window takes them for shortcuts."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in self.keys
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
        ):
            event.accept()
            return True
        return super().event(event)
