"""Keys that act while a certain widget has the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

SHIFT, PLAIN = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
_PAD = Qt.KeyboardModifier.KeypadModifier


class KeyActs(QObject):
    """Takes them in ShortcutOverride, before the window's shortcuts can."""

    def __init__(self, parent: QObject, widgets: Iterable[QWidget]) -> None:
        super().__init__(parent)
        self._widgets = tuple(widgets)
        for widget in self._widgets:
            widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def watch(self, *, on: bool = True) -> None:
        """Take keys from now on, or no more: it runs Python for every painting meanwhile."""
        for widget in self._widgets:
            if on:
                widget.installEventFilter(self)
            else:
                widget.removeEventFilter(self)

    def act_of(
        self, watched: QObject, key: int, modifiers: Qt.KeyboardModifier
    ) -> Callable[[], None] | None:
        """What the key does in that widget now; None leaves it to others."""
        raise NotImplementedError

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Settle who gets the key, then act on it."""
        if not isinstance(event, QKeyEvent):
            return False
        act = self.act_of(watched, event.key(), event.modifiers() & ~_PAD)
        if act is None:
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress:
            act()
            return True
        return False
