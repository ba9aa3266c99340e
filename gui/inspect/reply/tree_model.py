"""A message as a tree whose branches are made when they are opened."""

from __future__ import annotations

from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTreeView

from backend.inspector.views import Node
from gui.widgets.language import tr
from gui.widgets.theme import Palette

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class _Item:
    """A node with its place among its siblings and, once opened, its children."""

    def __init__(self, node: Node, parent: _Item | None, row: int) -> None:
        self.node = node
        self.parent = parent
        self.row = row
        self._children: list[_Item] | None = None

    @property
    def children(self) -> list[_Item]:
        if self._children is None:
            nodes = self.node.children()
            self._children = [_Item(node, self, row) for row, node in enumerate(nodes)]
        return self._children


class TreeModel(QAbstractItemModel):
    """Name and value of every node."""

    def __init__(self, palette: Palette, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._roles = palette
        self._root: _Item | None = None

    def show_node(self, node: Node | None) -> None:
        """Show what is below a node."""
        self.beginResetModel()
        self._root = _Item(node, None, 0) if node is not None else None
        self.endResetModel()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette

    def node(self, index: _Index) -> Node:
        """The node of a row."""
        item: _Item = index.internalPointer()
        return item.node

    def index(self, row: int, column: int, parent: _Index = _TOP) -> QModelIndex:
        """The row's index."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._item(parent).children[row])

    def parent(self, index: _Index = _TOP) -> Any:
        """The row above."""
        if not index.isValid():
            return QModelIndex()
        item: _Item = index.internalPointer()
        above = item.parent
        if above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.row, 0, above)

    def rowCount(self, parent: _Index = _TOP) -> int:
        """How many rows are below one."""
        if self._root is None or parent.column() > 0:
            return 0
        return len(self._item(parent).children)

    def hasChildren(self, parent: _Index = _TOP) -> bool:
        """Whether there is anything below, without making it."""
        if self._root is None or parent.column() > 0:
            return False
        return self._item(parent).node.count > 0

    def columnCount(self, parent: _Index = _TOP) -> int:
        """Name and value."""
        del parent
        return 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Name"), tr("Value"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text and colour; containers are muted."""
        node = self.node(index)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return node.label if index.column() == 0 else node.text
            case Qt.ItemDataRole.ToolTipRole:
                return f"{node.path}\n{node.kind}" if node.path else node.kind
            case Qt.ItemDataRole.ForegroundRole:
                muted = index.column() == 1 and node.count
                return self._roles.color("text_muted" if muted else "text")
            case _:
                return None

    def _item(self, index: _Index) -> _Item:
        if not index.isValid():
            assert self._root is not None
            return self._root
        item: _Item = index.internalPointer()
        return item


class TreeView(QTreeView):
    """Ctrl+C copies the value of a row, Ctrl+Shift+C the path to it."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.rows = TreeModel(palette, self)
        self.setModel(self.rows)
        self.setAccessibleName(tr("Message as a tree"))
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.header().resizeSection(0, 220)
        self.header().setStretchLastSection(True)

    def show_node(self, node: Node | None) -> None:
        """Show what is below a node, its first branches open while they are few."""
        self.rows.show_node(node)
        if node is not None and node.count <= 16:
            for row in range(node.count):
                self.expand(self.rows.index(row, 0))

    def event(self, event: QEvent) -> bool:
        """Claim the key for the path before the window takes it for its own copies."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (event.key(), event.modifiers()) == (Qt.Key.Key_C, _CONTROL_SHIFT)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what the current row holds, or where it is."""
        index = self.currentIndex()
        if index.isValid() and event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.rows.node(index).copied())
            return
        if index.isValid() and event.key() == Qt.Key.Key_C and event.modifiers() == _CONTROL_SHIFT:
            QGuiApplication.clipboard().setText(self.rows.node(index).path)
            return
        super().keyPressEvent(event)
