"""A menu that shows what matches the letters typed, the best match chosen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_SMALL

_ERASE = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_TAKE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FilterMenu(QMenu):
    """Letters narrow it down, Backspace and Escape widen it again, Enter takes the best match."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._typed = ""
        self._label: QLabel | None = None
        self._hidden: list[QAction] = []
        self.aboutToHide.connect(self._forget)

    @property
    def typed(self) -> str:
        """The letters by which it is narrowed down."""
        return self._typed

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters are for the filter, the rest is as in any menu."""
        text = event.text()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        plain = not modifiers & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in _ERASE and self._typed:
            self._filter(self._typed[:-1])
        elif event.key() == Qt.Key.Key_Escape and self._typed:
            self._filter("")
        elif plain and text.isprintable() and text.strip(" " if not self._typed else "") != "":
            self._filter(self._typed + text)
        else:
            if event.key() in _TAKE:
                self._choose_best()
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """A menu that shrinks away from under the pointer keeps its choice."""
        super().leaveEvent(event)
        self._choose_best()

    def _filter(self, typed: str) -> None:
        self._show_all()
        self._typed = typed
        self._show_typed()
        if not typed:
            self.setActiveAction(None)  # type: ignore[arg-type]
            return
        actions = [one for one in self.actions() if one is not self._label_action()]
        for action in actions:
            heading = action.isSeparator() or isinstance(action, QWidgetAction)
            if action.isVisible() and (heading or _rank(action, typed) is None):
                action.setVisible(False)
                self._hidden.append(action)
        self.setActiveAction(None)  # type: ignore[arg-type]
        self._choose_best()

    def _choose_best(self) -> None:
        """Choose the best match of what was typed, unless something is chosen."""
        if not self._typed or self.activeAction() is not None:
            return
        ranks = [(_rank(action, self._typed), action) for action in self._choices()]
        found = [(rank, action) for rank, action in ranks if rank is not None]
        if found:
            self.setActiveAction(min(found, key=lambda each: each[0])[1])

    def _choices(self) -> list[QAction]:
        return [one for one in self.actions() if one.isVisible() and one.isEnabled()]

    def _show_all(self) -> None:
        alive = set(self.actions())
        for action in self._hidden:
            if action in alive:
                action.setVisible(True)
        self._hidden = []

    def _label_action(self) -> QAction | None:
        first = self.actions()[0] if self.actions() else None
        own = isinstance(first, QWidgetAction) and first.defaultWidget() is self._label
        return first if own and self._label is not None else None

    def _show_typed(self) -> None:
        action = self._label_action()
        if not self._typed:
            if action is not None:
                self.removeAction(action)
                action.deleteLater()
            self._label = None
            return
        if action is None or self._label is None:
            self._label = QLabel()
            self._label.setProperty("role", "muted")
            self._label.setContentsMargins(GAP, GAP_SMALL, GAP, GAP_SMALL)
            shown = QWidgetAction(self)
            shown.setDefaultWidget(self._label)
            self.insertAction(self.actions()[0] if self.actions() else None, shown)  # type: ignore[arg-type]
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setText(tr("Matching: {text}", text=self._typed))

    @Slot()
    def _forget(self) -> None:
        self._filter("")


def _rank(action: QAction, typed: str) -> int | None:
    """0 for the very name, then its beginning, that of a word in it, any place; None for none."""
    name, wanted = action.text().replace("&&", "&").casefold(), typed.casefold().strip()
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    at = name.find(wanted)
    if at < 0:
        return None
    return 2 if not name[at - 1].isalnum() else 3
