"""Decides who gets Space, Enter, plain letters and the keys of editing: the focused widget, if it
has a use for them."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QWidget,
)

_TEXTS = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)
_WRITERS = (*_TEXTS, QComboBox)
_PRESSED_BY_SPACE = (QAbstractButton, QAbstractItemView, *_WRITERS)
_EDITING = (Qt.Key.Key_A, Qt.Key.Key_V, Qt.Key.Key_X, Qt.Key.Key_Y, Qt.Key.Key_Z)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def belongs_to_widget(widget: QWidget, key: int, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a key is the widget's own rather than a shortcut of the window.

    Those with Ctrl are where a text is edited, also when there is nothing to paste or to undo.
    """
    if modifiers == Qt.KeyboardModifier.ControlModifier and key in _EDITING:
        return isinstance(widget, _TEXTS) and not widget.isReadOnly()
    if modifiers & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
        return False
    if key == Qt.Key.Key_Space or key in _ENTER:
        return isinstance(widget, _PRESSED_BY_SPACE)
    return key < Qt.Key.Key_Escape and isinstance(widget, (*_WRITERS, QAbstractItemView))


class FocusKeys(QObject):
    """An event filter on who has the focus that settles it in ShortcutOverride, before shortcuts.

    One on the application would run Python for every event there is, and one on a view for each of
    its paintings.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._on: QWidget | None = None
        app.focusChanged.connect(self._follow)

    def close(self) -> None:
        """Leave every widget alone."""
        self._app.focusChanged.disconnect(self._follow)
        self._watch(None)

    @Slot()
    def _follow(self) -> None:
        widget = self._app.focusWidget()
        self._watch(widget if isinstance(widget, _PRESSED_BY_SPACE) else None)

    def _watch(self, widget: QWidget | None) -> None:
        if self._on is not None:
            with suppress(RuntimeError):  # it was deleted, and its filters with it
                self._on.removeEventFilter(self)
        self._on = widget
        if widget is not None:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accepting the override makes Qt deliver the key to the widget.

        An open popup is left alone: no shortcut of a window reaches it, and that of a QComboBox
        takes Enter out of this very event. Enter presses the button that it goes to: Qt gives it to
        the default button of a dialog, and to nobody elsewhere.
        """
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QWidget)
            and QApplication.activePopupWidget() is None
            and belongs_to_widget(watched, event.key(), event.modifiers())
        ):
            event.accept()
            return True
        if (
            event.type() is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QPushButton | QToolButton)
            and event.key() in _ENTER
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            if not event.isAutoRepeat():
                watched.click()
            return True
        return False
