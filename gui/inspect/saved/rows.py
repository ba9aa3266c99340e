"""The rows of a collection: keys for what can be done with one, and dragging into folders."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from backend.inspector.collections import Entry
from gui.inspect.saved.menu import KEYS, Act
from gui.widgets.language import tr

PLACE = Qt.ItemDataRole.UserRole
"""Of a row: its Entry, or a folder's path within the collection as text."""
RESULT = 1


class RequestRows(QTreeWidget):
    """A tree of folders and requests; a row that is dropped on another goes into its folder."""

    entered_key = Signal()
    act_wanted = Signal(object)
    """An Act for the current row."""
    moved = Signal(object, object)
    """Paths within the collection that are to go into the folder of that path."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("savedRequests")  # a chosen row is quiet
        self.setAccessibleName(tr("Saved requests"))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(RESULT, QHeaderView.ResizeMode.ResizeToContents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.activated.connect(lambda _index: self.entered_key.emit())

    def event(self, event: QEvent) -> bool:
        """Take the keys before the window's shortcuts."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _act_of(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on the current row."""
        act = _act_of(event)
        if act is None:
            super().keyPressEvent(event)
        elif self.currentItem() is not None:
            self.act_wanted.emit(act)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Beside the rows nothing is chosen: then Run runs all."""
        super().mousePressEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid():
            self.setCurrentIndex(QModelIndex())

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Everywhere is a folder: the row's own, or that of the row's request."""
        super().dragMoveEvent(event)
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell it only: the rows follow the files."""
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        folder = _folder_of(self.itemAt(event.position().toPoint()))
        found = (_path_of(item) for item in self.selectedItems())
        paths = [path for path in found if path.parent != folder and path != folder]
        if paths:
            self.moved.emit(paths, folder)


def _act_of(event: QKeyEvent) -> Act | None:
    pressed = QKeySequence(event.keyCombination())
    return next((act for act, key in KEYS.items() if key == pressed), None)


def _path_of(item: QTreeWidgetItem) -> PurePosixPath:
    found = item.data(0, PLACE)
    return found.path if isinstance(found, Entry) else PurePosixPath(found)


def _folder_of(item: QTreeWidgetItem | None) -> PurePosixPath:
    if item is None:
        return PurePosixPath()
    found = item.data(0, PLACE)
    return found.path.parent if isinstance(found, Entry) else PurePosixPath(found)
