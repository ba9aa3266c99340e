"""Keys of cursors and trigger, while a plot has the focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from gui.live.scope.controller import ScopeController
from gui.live.scope.panes import Pane
from gui.live.scope.popover import TriggerPopover

_SHIFT, _PLAIN = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
_PAD = Qt.KeyboardModifier.KeypadModifier
_FAR = 10
"""Points of the screen that a cursor moves at once with Shift."""


class ScopeKeys(QObject):
    """Takes them in ShortcutOverride, before the window's shortcuts; arrows and Esc only while
    there is a cursor."""

    def __init__(self, controller: ScopeController, popover: TriggerPopover) -> None:
        super().__init__(controller)
        self._controller, self._popover = controller, popover
        self._panes = {id(pane.view): pane for pane in controller.panes}
        for pane in controller.panes:
            pane.view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            pane.view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Settle who gets the key, then act on it."""
        if not isinstance(event, QKeyEvent):
            return False
        act = self._act(self._panes[id(watched)], event)
        if act is None:
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress:
            act()
            return True
        return False

    def _act(self, pane: Pane, event: QKeyEvent) -> Callable[[], None] | None:
        controller = self._controller
        key, modifiers = event.key(), event.modifiers() & ~_PAD
        if modifiers == _PLAIN:
            match key:
                case Qt.Key.Key_A:
                    return partial(controller.place, "A", pane)
                case Qt.Key.Key_B:
                    return partial(controller.place, "B", pane)
                case Qt.Key.Key_F:
                    return controller.toggle_freeze
                case Qt.Key.Key_T:
                    return self._popover.open
                case Qt.Key.Key_Escape if controller.cursors:
                    return controller.remove_cursors
        steps = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}.get(key)
        if steps is None or not controller.cursors or modifiers not in (_PLAIN, _SHIFT):
            return None
        return partial(controller.move, pane, steps * (_FAR if modifiers == _SHIFT else 1))
