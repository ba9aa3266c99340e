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
    """Letters narrow it down, Backspace and Escape widen it again, Enter takes the best match.

    Its first row says what was typed, in a place that is kept from the beginning: nothing moves.
    """

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

    def clear(self) -> None:
        """Begin anew, with nothing but the row that says what was typed."""
        super().clear()
        self._hidden = []
        self._label = QLabel()
        self._label.setProperty("role", "muted")
        self._label.setContentsMargins(GAP, GAP_SMALL, GAP, GAP_SMALL)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        row = QWidgetAction(self)
        row.setDefaultWidget(self._label)
        row.setEnabled(False)
        self.addAction(row)
        self._say(found=True)

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
        if typed and not self._typed:
            self.setMinimumWidth(self.width())  # as wide as it is, whatever is left of it
        self._show_all()
        self._typed = typed
        if not typed:
            self.setMinimumWidth(0)
            self._say(found=True)
            self.setActiveAction(None)  # type: ignore[arg-type]
            return
        actions = [one for one in self.actions() if not self._is_label(one)]
        for action in actions:
            heading = action.isSeparator() or isinstance(action, QWidgetAction)
            if action.isVisible() and (heading or _rank(action, typed) is None):
                _set_visible(action, visible=False)
                self._hidden.append(action)
        self._say(found=any(one.isVisible() for one in actions))
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
                _set_visible(action, visible=True)
        self._hidden = []

    def _is_label(self, action: QAction) -> bool:
        return isinstance(action, QWidgetAction) and action.defaultWidget() is self._label

    def _say(self, *, found: bool) -> None:
        if self._label is None:
            return
        if not self._typed:
            self._label.setText(tr("Type to find"))
        elif found:
            self._label.setText(tr("Matching: {text}", text=self._typed))
        else:
            self._label.setText(tr("Nothing matches: {text}", text=self._typed))

    @Slot()
    def _forget(self) -> None:
        self._filter("")


def _set_visible(action: QAction, *, visible: bool) -> None:
    action.setVisible(visible)
    if isinstance(action, QWidgetAction) and (heading := action.defaultWidget()) is not None:
        heading.setVisible(visible)  # Qt leaves it where it was, over what comes to its place


def _rank(action: QAction, typed: str) -> int | None:
    """0 for the very name, then its beginning, that of a word in it, any place; None for none."""
    name = (action.data() or action.text().partition("\t")[0].replace("&&", "&")).casefold()
    wanted = typed.casefold().strip()
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    at = name.find(wanted)
    if at < 0:
        return None
    return 2 if not name[at - 1].isalnum() else 3
