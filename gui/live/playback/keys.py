"""Keys of a file that is played, while the picture or the sound has the focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QWidget

from gui.live.playback.controller import PlaybackController
from gui.widgets.key_acts import PLAIN, SHIFT, KeyActs


class PlaybackKeys(KeyActs):
    """They act while a file is played."""

    def __init__(self, controller: PlaybackController, views: tuple[QWidget, ...]) -> None:
        super().__init__(controller, views)
        self._controller = controller
        self._acts: dict[tuple[int, Qt.KeyboardModifier], Callable[[], None]] = {
            (Qt.Key.Key_Space, PLAIN): controller.toggle,
            (Qt.Key.Key_Left, PLAIN): partial(controller.step, -1),
            (Qt.Key.Key_Right, PLAIN): partial(controller.step, 1),
            (Qt.Key.Key_Left, SHIFT): partial(controller.skip, -1.0),
            (Qt.Key.Key_Right, SHIFT): partial(controller.skip, 1.0),
            (Qt.Key.Key_Home, PLAIN): controller.to_start,
            (Qt.Key.Key_End, PLAIN): controller.to_end,
            (Qt.Key.Key_I, PLAIN): controller.begin_span,
            (Qt.Key.Key_O, PLAIN): controller.end_span,
        }
        controller.active_changed.connect(self._follow)

    @Slot()
    def _follow(self) -> None:
        self.watch(on=self._controller.active)

    def act_of(
        self, _watched: QObject, key: int, modifiers: Qt.KeyboardModifier
    ) -> Callable[[], None] | None:
        """The same in every view."""
        return self._acts.get((key, modifiers))
