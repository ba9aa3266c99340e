"""The requests of a collection as a tree of folders, and what came of each when it was run."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.inspector.collections import Collection, Entry, Outcome
from gui.views.scales import milliseconds
from gui.widgets.language import tr
from gui.widgets.theme import CONTROL_HEIGHT, GAP, Palette

_ENTRY = Qt.ItemDataRole.UserRole
_RESULT = 1


class SavedTree(QWidget):
    """A click or Enter opens a request; a folder runs all that it holds."""

    opened = Signal(object)
    """The Entry that is to be shown."""
    run_wanted = Signal(object)
    """The Entries that are to be run."""
    save_wanted = Signal()
    folder_wanted = Signal()
    environment_chosen = Signal(str)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._items: dict[PurePosixPath, QTreeWidgetItem] = {}
        self._folders: dict[PurePosixPath, QTreeWidgetItem] = {}
        self._folder = _button(tr("Open folder..."), tr("A folder of requests"))
        self._folder.clicked.connect(self.folder_wanted)
        self.environment = QComboBox()
        self.environment.setAccessibleName(tr("Environment"))
        self.environment.setToolTip(tr("Where the variables take their values from"))
        self.environment.setFixedHeight(CONTROL_HEIGHT)
        self.environment.activated.connect(
            lambda _index: self.environment_chosen.emit(self.environment.currentData() or "")
        )
        self.tree = _Tree()
        self.tree.setObjectName("savedRequests")  # a chosen row is quiet: results keep their colour
        self.tree.setAccessibleName(tr("Saved requests"))
        self.tree.itemClicked.connect(self._open)
        self.tree.entered_key.connect(self._open)
        # Later: the tree says so too while it is being emptied or taken down.
        self.tree.itemSelectionChanged.connect(self._refresh, Qt.ConnectionType.QueuedConnection)
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self._save = _button(tr("Save..."), tr("Save the request on show (Ctrl+S)"))
        self._save.clicked.connect(self.save_wanted)
        self._run = _button(tr("Run"), tr("Send the chosen request, or all of the chosen folder"))
        self._run.clicked.connect(lambda: self.run_wanted.emit(self.chosen()))
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.environment, 1)
        top.addWidget(self._folder)
        bottom.addWidget(self._save)
        bottom.addStretch(1)
        bottom.addWidget(self._run)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, 0, GAP)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self._note)
        column.addWidget(self.tree, 1)
        column.addLayout(bottom)
        self.show_nothing()

    def show_nothing(self) -> None:
        """No folder is open."""
        self.environment.hide()
        self.say(tr("Requests saved as files, which you can keep under version control."))
        self._refresh()

    def say(self, text: str) -> None:
        """A text above the tree, '' for none."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def show_collection(self, collection: Collection, environment: str) -> None:
        """Show these; what was chosen, and what came of runs, stays."""
        chosen = self.entry()
        results = {path: _result_of(item) for path, item in self._items.items()}
        self.empty()
        for entry in collection.entries:
            item = self._added(self._parent_of(entry.path.parent), entry.name)
            item.setData(0, _ENTRY, entry)
            item.setToolTip(0, entry.problem or _about(entry))
            if entry.problem:
                item.setForeground(0, self._roles.color("error"))
            text, tip, role = results.get(entry.path, ("", "", ""))
            self._show_result(item, text, tip, role)
            self._items[entry.path] = item
            if chosen is not None and chosen.path == entry.path:
                self.tree.setCurrentItem(item)
        self.tree.expandAll()
        self._show_environments(collection, environment)
        empty = tr("No requests yet: save the one on show.") if not collection.entries else ""
        self.say("\n".join(collection.problems) or empty)
        self._folder.setToolTip(str(collection.folder))
        self._refresh()

    def empty(self) -> None:
        """Take every row out, before the tree is taken down: nobody holds one then."""
        self._items, self._folders = {}, {}
        self.tree.clear()

    def entry(self) -> Entry | None:
        """The chosen request."""
        item = self.tree.currentItem()
        found = item.data(0, _ENTRY) if item is not None else None
        return found if isinstance(found, Entry) else None

    def folder(self) -> PurePosixPath:
        """The chosen folder, or that of the chosen request, within the collection."""
        item = self.tree.currentItem()
        entry = self.entry()
        if entry is not None:
            return entry.path.parent
        return PurePosixPath(item.data(0, _ENTRY)) if item is not None else PurePosixPath()

    def chosen(self) -> list[Entry]:
        """The chosen request, all of the chosen folder, or all."""
        entry, folder = self.entry(), self.folder()
        if entry is not None:
            return [entry]
        found = (item.data(0, _ENTRY) for item in self._items.values())
        return [one for one in found if one.path.is_relative_to(folder)]

    def select(self, path: PurePosixPath) -> None:
        """Choose a request."""
        if path in self._items:
            self.tree.setCurrentItem(self._items[path])

    def show_running(self, path: PurePosixPath) -> None:
        """It is being sent."""
        if path in self._items:
            self._show_result(self._items[path], "...", "", "text_muted")

    def show_outcome(self, path: PurePosixPath, outcome: Outcome) -> None:
        """What came of it."""
        if path in self._items:
            role = "ok" if outcome.ok else "error"
            self._show_result(self._items[path], _short(outcome), _long(outcome), role)

    def set_busy(self, *, busy: bool) -> None:
        """While requests run, no others are."""
        self._run.setEnabled(not busy and bool(self._items))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        for item in self._items.values():
            self._show_result(item, *_result_of(item))
            if item.data(0, _ENTRY).problem:
                item.setForeground(0, palette.color("error"))

    def _parent_of(self, folder: PurePosixPath) -> QTreeWidgetItem | None:
        """The row of a folder, made if there is none yet; None for the collection itself."""
        if folder not in self._folders and folder.parts:
            row = self._added(self._parent_of(folder.parent), folder.name)
            row.setData(0, _ENTRY, str(folder))
            self._folders[folder] = row
        return self._folders.get(folder)

    def _added(self, parent: QTreeWidgetItem | None, name: str) -> QTreeWidgetItem:
        if parent is None:
            return QTreeWidgetItem(self.tree, [name, ""])
        return QTreeWidgetItem(parent, [name, ""])

    def _show_environments(self, collection: Collection, environment: str) -> None:
        self.environment.clear()
        self.environment.addItem(tr("No environment"), "")
        for name in collection.environments:
            self.environment.addItem(name, name)
        self.environment.setCurrentIndex(max(0, self.environment.findData(environment)))
        self.environment.setVisible(bool(collection.environments))

    def _show_result(self, item: QTreeWidgetItem, text: str, tip: str, role: str) -> None:
        item.setText(_RESULT, text)
        item.setToolTip(_RESULT, tip)
        item.setData(_RESULT, _ENTRY, role)
        item.setTextAlignment(_RESULT, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role:
            item.setForeground(_RESULT, self._roles.color(role))

    @Slot()
    def _refresh(self) -> None:
        self._run.setEnabled(bool(self._items))
        self._run.setText(tr("Run") if self.entry() is not None else tr("Run all"))

    @Slot()
    def _open(self) -> None:
        entry = self.entry()
        if entry is not None:
            self.opened.emit(entry)


class _Tree(QTreeWidget):
    entered_key = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_RESULT, QHeaderView.ResizeMode.ResizeToContents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(lambda _index: self.entered_key.emit())


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFixedHeight(CONTROL_HEIGHT)
    return button


def _result_of(item: QTreeWidgetItem) -> tuple[str, str, str]:
    return item.text(_RESULT), item.toolTip(_RESULT), item.data(_RESULT, _ENTRY) or ""


def _about(entry: Entry) -> str:
    saved = entry.request
    return "\n".join(part for part in (saved.about, saved.method) if part) if saved else ""


def _short(outcome: Outcome) -> str:
    if outcome.exchange is None:
        return tr("not sent")
    failed = sum(not finding.ok for finding in outcome.findings)
    time = milliseconds(outcome.exchange.total_ns / 1e6)
    if failed:
        return tr("{n} of {all} failed", n=failed, all=len(outcome.findings))
    return time if outcome.ok else tr("failed")


def _long(outcome: Outcome) -> str:
    lines = []
    for one in outcome.findings:
        mark, got = ("\u2713", "") if one.ok else ("\u2717", f"  ({one.got})")
        lines.append(f"{mark} {one.what} {one.expected}{got}")
    return "\n".join([*lines, *([outcome.error] if outcome.error else [])])
