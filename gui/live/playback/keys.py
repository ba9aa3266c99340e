"""Keys of a file that is played, while the picture or the sound has the focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from gui.live.playback.controller import PlaybackController

_SHIFT, _PLAIN = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
_PAD = Qt.KeyboardModifier.KeypadModifier


class PlaybackKeys(QObject):
    """Takes the keys in ShortcutOverride, before the window's shortcuts, while a file is played."""

    def __init__(self, controller: PlaybackController, views: tuple[QWidget, ...]) -> None:
        super().__init__(controller)
        self._controller = controller
        self._acts: dict[tuple[int, Qt.KeyboardModifier], Callable[[], None]] = {
            (Qt.Key.Key_Space, _PLAIN): controller.toggle,
            (Qt.Key.Key_Left, _PLAIN): partial(controller.step, -1),
            (Qt.Key.Key_Right, _PLAIN): partial(controller.step, 1),
            (Qt.Key.Key_Left, _SHIFT): partial(controller.skip, -1.0),
            (Qt.Key.Key_Right, _SHIFT): partial(controller.skip, 1.0),
            (Qt.Key.Key_Home, _PLAIN): controller.to_start,
            (Qt.Key.Key_End, _PLAIN): controller.to_end,
            (Qt.Key.Key_I, _PLAIN): controller.begin_span,
            (Qt.Key.Key_O, _PLAIN): controller.end_span,
        }
        for view in views:
            view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # those of sound have no keys of theirs
            view.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Settle who gets the key, then act on it."""
        if not isinstance(event, QKeyEvent) or not self._controller.active:
            return False
        act = self._acts.get((event.key(), event.modifiers() & ~_PAD))
        if act is None:
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress:
            act()
            return True
        return False
