"""The command palette: every command by name, from the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.language import tr
from gui.widgets.theme import GAP, Palette
from gui.workspace.commands import Command, CommandSet

_MOST_WIDE = 600
_ROWS = 10
_ROW_HEIGHT = 30
_SHORTCUT = Qt.ItemDataRole.UserRole + 1
_REASON = Qt.ItemDataRole.UserRole + 2
_Index: TypeAlias = QModelIndex | QPersistentModelIndex


class CommandPalette(QFrame):
    """Top-centred over the window; hides when it loses the focus, runs on Enter.

    `entries` are commands for what there is at the moment: sources, models, targets, layouts. They
    are listed once a word is typed.
    """

    def __init__(
        self,
        window: QWidget,
        commands: CommandSet,
        palette: Palette,
        entries: Callable[[], Sequence[Command]] = tuple,
    ) -> None:
        super().__init__(window)
        self.setObjectName("commandPalette")
        self.setAccessibleName(tr("Command palette"))
        self._window = window
        self._commands = commands
        self._entries = entries
        self._found: dict[str, Command] = {}
        self._before: QWidget | None = None
        self._query = QLineEdit(
            placeholderText=tr("Type a command, a source, a model or a target"),
            clearButtonEnabled=True,
        )
        self._query.setAccessibleName(tr("Command"))
        self._list = QListWidget()
        self._list.setAccessibleName(tr("Commands"))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows = _Rows(palette, self._list)
        self._list.setItemDelegate(self._rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addWidget(self._query)
        column.addWidget(self._list)
        self._query.textChanged.connect(self._filter)
        self._query.installEventFilter(self)
        self._list.itemClicked.connect(self._run)
        self.hide()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._rows.roles = palette

    def open(self) -> None:
        """Show every command and wait for a word."""
        self._before = QApplication.focusWidget()
        self._query.clear()
        self._filter("")
        self.show()
        self.raise_()
        self._query.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows, Tab, pages, Enter and Escape act on the list while the field keeps the focus."""
        if event.type() is QEvent.Type.FocusOut:
            self.hide()
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # The window has a shortcut on Escape, which would take the key before the field.
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
            return False
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Backtab: -1,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_PageUp: -10,
        }
        if key in steps:
            last = self._list.count() - 1
            self._list.setCurrentRow(max(0, min(last, self._list.currentRow() + steps[key])))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self._list.currentItem())
        elif key == Qt.Key.Key_Escape:
            self._close()
        else:
            return False
        return True

    def _close(self) -> None:
        (self._before or self._window).setFocus()  # before it is hidden: Qt would choose another
        self.hide()

    def _fit(self) -> None:
        width = min(_MOST_WIDE, int(self._window.width() * 0.8))
        rows = max(1, min(_ROWS, self._list.count()))
        height = rows * _ROW_HEIGHT + self._query.sizeHint().height() + 3 * GAP + 4
        self.setGeometry(QRect((self._window.width() - width) // 2, 6 * GAP, width, height))

    @Slot(str)
    def _filter(self, query: str) -> None:
        self._list.clear()
        entries = self._entries() if query.strip() else ()
        self._found = {command.id: command for command in entries}
        found = [one for one in (*self._commands, *entries) if one.matches(query)]
        found.sort(key=lambda one: one.distance(query))  # equals keep their order
        for command in found:
            reason = command.blocked()
            title = command.title.rstrip(".")
            item = QListWidgetItem(title, self._list)
            item.setData(Qt.ItemDataRole.UserRole, command.id)
            item.setData(_SHORTCUT, command.shortcut)
            item.setData(_REASON, reason)
            item.setToolTip(reason or title)
        if not found:
            nothing = QListWidgetItem(tr("Nothing matches: {text}", text=query.strip()), self._list)
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            nothing.setData(_REASON, "")
            nothing.setData(_SHORTCUT, "")
        self._list.setCurrentRow(0 if found else -1)
        self._fit()

    @Slot(QListWidgetItem)
    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        command_id = str(item.data(Qt.ItemDataRole.UserRole))
        self._close()
        if command_id in self._found:
            self._commands.run_loose(self._found[command_id])
        else:
            self._commands.run(command_id)


class _Rows(QStyledItemDelegate):
    """Draws a command's title left and its keys, or the reason against it, right."""

    def __init__(self, palette: Palette, parent: QObject) -> None:
        super().__init__(parent)
        self.roles = palette

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return QSize(0, _ROW_HEIGHT)  # as wide as the list: a long name is shortened

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area: QRect = option.rect
        if selected:
            painter.fillRect(area, self.roles.color("accent"))
        inner = area.adjusted(GAP, 0, -GAP, 0)
        reason = str(index.data(_REASON))
        right = reason or str(index.data(_SHORTCUT))
        muted = reason or not option.state & QStyle.StateFlag.State_Enabled
        painter.setPen(self._pen("text_muted" if muted else "text", selected=selected))
        metrics = painter.fontMetrics()
        share = inner.width() * 2 // 3 if right else inner.width()
        left = metrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, share)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, left)
        painter.setPen(self._pen("text_muted", selected=selected))
        room = inner.width() - metrics.horizontalAdvance(left) - 2 * GAP
        right = metrics.elidedText(right, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right)

    def _pen(self, role: str, *, selected: bool) -> str:
        return self.roles.on_accent if selected else str(getattr(self.roles, role))
