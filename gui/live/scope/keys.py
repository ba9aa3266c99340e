"""Keys of cursors and trigger, while a plot has the focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt

from gui.live.scope.controller import ScopeController
from gui.live.scope.popover import TriggerPopover
from gui.widgets.key_acts import PLAIN, SHIFT, KeyActs

_FAR = 10
"""Points of the screen that a cursor moves at once with Shift."""


class ScopeKeys(KeyActs):
    """Arrows and Esc act only while there is a cursor."""

    def __init__(self, controller: ScopeController, popover: TriggerPopover) -> None:
        super().__init__(controller, [pane.view for pane in controller.panes])
        self._controller, self._popover = controller, popover
        self._panes = {id(pane.view): pane for pane in controller.panes}
        self.watch()

    def act_of(
        self, watched: QObject, key: int, modifiers: Qt.KeyboardModifier
    ) -> Callable[[], None] | None:
        """What belongs to one plot is done to the one with the focus."""
        controller, pane = self._controller, self._panes[id(watched)]
        if modifiers == PLAIN:
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
        if steps is None or not controller.cursors or modifiers not in (PLAIN, SHIFT):
            return None
        return partial(controller.move, pane, steps * (_FAR if modifiers == SHIFT else 1))
