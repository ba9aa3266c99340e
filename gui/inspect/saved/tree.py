"""The requests of a collection as a tree of folders, and what came of each when it was run."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.inspector.collections import Collection, Entry, Outcome
from gui.inspect.saved.findings import FindingsView, outcome_words, short_outcome
from gui.inspect.saved.menu import Act, fill_menu
from gui.inspect.saved.rows import PLACE, RESULT, RequestRows
from gui.widgets.language import tr
from gui.widgets.menu_button import give_menu
from gui.widgets.theme import CONTROL_HEIGHT, GAP, Palette

_UNSAVED = "\u2022"


class SavedTree(QWidget):
    """A click or Enter opens a request; a folder runs all that it holds."""

    opened = Signal(object)
    """The Entry that is to be shown."""
    stop_wanted = Signal()
    save_wanted = Signal()
    act_wanted = Signal(object)
    """An Act for the chosen row."""
    moved = Signal(object, object)
    """Paths of requests and folders within the collection, and that of the folder they go to."""
    folder_wanted = Signal()
    environment_chosen = Signal(str)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._items: dict[PurePosixPath, QTreeWidgetItem] = {}
        self._folders: dict[PurePosixPath, QTreeWidgetItem] = {}
        self._outcomes: dict[PurePosixPath, Outcome] = {}
        self._busy: PurePosixPath | None = None
        self._running = False
        self._summary = ("", "text_muted")
        self._on_show: PurePosixPath | None = None
        self._changed = False
        self._folder = _button(tr("Open folder..."), tr("A folder of requests"))
        self._folder.clicked.connect(self.folder_wanted)
        self.environment = QComboBox()
        self.environment.setAccessibleName(tr("Environment"))
        self.environment.setToolTip(tr("Where the variables take their values from"))
        self.environment.setFixedHeight(CONTROL_HEIGHT)
        self.environment.activated.connect(
            lambda _index: self.environment_chosen.emit(self.environment.currentData() or "")
        )
        self.tree = RequestRows()
        self.tree.itemClicked.connect(self._open)
        self.tree.entered_key.connect(self._open)
        self.tree.act_wanted.connect(self._act)
        self.tree.moved.connect(self.moved)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        # Later: the tree says so too while it is being emptied or taken down.
        self.tree.itemSelectionChanged.connect(self._refresh, Qt.ConnectionType.QueuedConnection)
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self.findings = FindingsView(palette)
        self._save = _button(tr("Save"), tr("Save the request on show (Ctrl+S)"))
        self._save.clicked.connect(self.save_wanted)
        self._more = _button(tr("More"), tr("What else can be done with the chosen row"))
        menu = QMenu(self._more)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        give_menu(self._more, menu)
        self._run = _button(tr("Run all"), "")
        self._run.clicked.connect(self._run_or_stop)
        top, acts = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.environment, 1)
        top.addWidget(self._folder)
        acts.setSpacing(GAP)
        acts.addWidget(self._save)
        acts.addWidget(self._more)
        acts.addStretch(1)
        acts.addWidget(self._run)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, 0, GAP)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addLayout(acts)  # up here: notices come at the bottom
        column.addWidget(self._note)
        column.addWidget(self.tree, 1)
        column.addWidget(self.findings)
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
        """Show these; what was chosen and folded, and what came of runs, stays."""
        chosen, focused = self._chosen_path(), self.tree.hasFocus()
        folded = {path for path, row in self._folders.items() if not row.isExpanded()}
        before = {entry.path: entry for entry in self.all()}
        self.empty()
        for folder in sorted(collection.folders):
            self._parent_of(folder)
        for entry in collection.entries:
            item = self._added(self._parent_of(entry.path.parent), entry.name)
            item.setData(0, PLACE, entry)
            item.setToolTip(0, entry.problem or _about(entry))
            self._items[entry.path] = item
            if before.get(entry.path, entry) != entry:
                self._outcomes.pop(entry.path, None)  # of another request
            self._show_row(entry.path)
        self.tree.expandAll()
        if chosen is not None:
            self.select(chosen)
        for path in folded & self._folders.keys():  # choosing a row unfolds what it is in
            self._folders[path].setExpanded(False)
        if focused:
            self.tree.setFocus()
        self._show_environments(collection, environment)
        self._folder.setToolTip(str(collection.folder))
        self._refresh()

    def empty(self) -> None:
        """Take every row out, before the tree is taken down: nobody holds one then."""
        self._items, self._folders = {}, {}
        self.tree.clear()

    def entry(self) -> Entry | None:
        """The chosen request."""
        item = self.tree.currentItem()
        found = item.data(0, PLACE) if item is not None else None
        return found if isinstance(found, Entry) else None

    def folder(self) -> PurePosixPath:
        """The chosen folder, or that of the chosen request, within the collection."""
        path, entry = self._chosen_path(), self.entry()
        if entry is not None:
            return entry.path.parent
        return path or PurePosixPath()

    def chosen(self) -> list[Entry]:
        """The chosen request, all of the chosen folder, or all."""
        entry, folder = self.entry(), self.folder()
        if entry is not None:
            return [entry]
        return [one for one in self.all() if one.path.is_relative_to(folder)]

    def all(self) -> list[Entry]:
        """Every request, in the order of the rows."""
        return [item.data(0, PLACE) for item in self._items.values()]

    def outcome(self, path: PurePosixPath) -> Outcome | None:
        """What came of a request when it was run last."""
        return self._outcomes.get(path)

    def select(self, path: PurePosixPath) -> None:
        """Choose a request or a folder."""
        item = self._items.get(path) or self._folders.get(path)
        if item is not None:
            self.tree.setCurrentItem(item)

    def show_on_show(self, path: PurePosixPath | None, *, changed: bool) -> None:
        """The request whose file the pane beside shows, None for none; has it `changed` there?"""
        if (path, changed) == (self._on_show, self._changed):
            return
        before, self._on_show, self._changed = self._on_show, path, changed
        for one in (before, path):
            if one is not None:
                self._show_row(one)

    def show_running(self, path: PurePosixPath) -> None:
        """It is being sent."""
        self._busy = path
        self._show_row(path)

    def show_outcome(self, path: PurePosixPath, outcome: Outcome) -> None:
        """What came of it."""
        self._busy = None
        self._outcomes[path] = outcome
        self._show_row(path)
        self._refresh()

    def show_summary(self, words: str, role: str) -> None:
        """How a run of several ended, wherever nothing else is to be said of the chosen row."""
        self._summary = (words, role)
        self._refresh()

    def set_busy(self, *, busy: bool) -> None:
        """While requests run, no others are: the button stops them."""
        self._running = busy
        if busy:
            self._outcomes.clear()
            self._summary = ("", "text_muted")
        self._busy = None
        for path in self._items:
            self._show_row(path)
        self._refresh()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.findings.set_palette_roles(palette)
        for path in self._items:
            self._show_row(path)

    def _chosen_path(self) -> PurePosixPath | None:
        item = self.tree.currentItem()
        found = item.data(0, PLACE) if item is not None else None
        return found.path if isinstance(found, Entry) else PurePosixPath(found) if found else None

    def _parent_of(self, folder: PurePosixPath) -> QTreeWidgetItem | None:
        """The row of a folder, made if there is none yet; None for the collection itself."""
        if folder not in self._folders and folder.parts:
            row = self._added(self._parent_of(folder.parent), folder.name)
            row.setData(0, PLACE, str(folder))
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

    def _show_row(self, path: PurePosixPath) -> None:
        """Its name, and what came of it."""
        item = self._items.get(path)
        if item is None:
            return
        font = item.font(0)
        font.setBold(path == self._on_show)
        mark = f" {_UNSAVED}" if self._changed and path == self._on_show else ""
        item.setText(0, f"{path.name}{mark}")
        item.setFont(0, font)
        problem = item.data(0, PLACE).problem
        item.setForeground(0, self._roles.color("error" if problem else "text"))
        outcome = self._outcomes.get(path)
        text, words, role = "", "", "text_muted"
        if path == self._busy:
            text, words = "...", tr("is being sent")
        elif outcome is not None:
            text, words = short_outcome(outcome), outcome_words(outcome)
            role = "ok" if outcome.ok else "error"
        item.setText(RESULT, text)
        item.setToolTip(RESULT, words)
        item.setData(RESULT, Qt.ItemDataRole.AccessibleTextRole, words)
        item.setTextAlignment(RESULT, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(RESULT, self._roles.color(role))

    @Slot()
    def _refresh(self) -> None:
        entry = self.entry()
        self._run.setEnabled(bool(self._items))
        words = tr("Run chosen") if self._chosen_path() is not None else tr("Run all")
        self._run.setText(tr("Stop") if self._running else words)
        self._run.setToolTip(
            tr("Send no more of them")
            if self._running
            else tr("Send the chosen request, or all of the chosen folder")
        )
        outcome = self._outcomes.get(entry.path) if entry is not None else None
        if outcome is not None or (entry is not None and entry.problem):
            self.findings.show_outcome(outcome, entry.problem if entry is not None else "")
        else:
            self.findings.show_words(*self._summary)

    @Slot()
    def _run_or_stop(self) -> None:
        if self._running:
            self.stop_wanted.emit()
        else:
            self.act_wanted.emit(Act.RUN if self._chosen_path() is not None else Act.RUN_ALL)

    @Slot()
    def _open(self) -> None:
        if self.entry() is not None:
            self.act_wanted.emit(Act.OPEN)

    @Slot(object)
    def _act(self, act: Act) -> None:
        """By a key; what a folder has not is left out."""
        if self.entry() is not None or act not in (Act.EDIT, Act.DUPLICATE):
            self.act_wanted.emit(act)

    @Slot(QPoint)
    def _show_menu(self, where: QPoint) -> None:
        self.tree.setCurrentIndex(self.tree.indexAt(where))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill(menu)
        menu.popup(self.tree.viewport().mapToGlobal(where))

    def _fill(self, menu: QMenu) -> None:
        fill_menu(
            menu,
            self.act_wanted,
            request=self.entry() is not None,
            folder=self._chosen_path() is not None,
        )


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFixedHeight(CONTROL_HEIGHT)
    return button


def _about(entry: Entry) -> str:
    saved = entry.request
    return "\n".join(part for part in (saved.about, saved.method) if part) if saved else ""
