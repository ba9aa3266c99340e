"""The models of the embedded server by repository: their states, and what can be done to them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.models.repository import UNLOADED, ModelState
from gui.state.models import ModelRow, Repository, RepositoryControl
from gui.widgets.language import count, tr
from gui.widgets.theme import GAP, Palette

_ROW = Qt.ItemDataRole.UserRole
_NAME_WIDTH, _VERSIONS_WIDTH, _STATE_WIDTH = 200, 80, 110


class ModelsPanel(QWidget):
    """A tree of repositories and models; a folder can be dropped on it.

    `tools` is the row of buttons that goes with it, for whoever has room for it.
    """

    folder_wanted = Signal()
    """The user wants to choose a folder to add."""

    def __init__(self, control: RepositoryControl, palette: Palette) -> None:
        super().__init__()
        self._control = control
        self._roles = palette
        self.tree = _Tree()
        self.tree.dropped.connect(self._dropped)
        self.tree.itemSelectionChanged.connect(self._show_buttons)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self.hint = QLabel()
        self.hint.setProperty("role", "caption")
        # Where there is little room it gives way to the buttons.
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._add = QPushButton(tr("Add folder..."))
        self._add.setToolTip(tr("Serve the models of a folder in Triton's layout"))
        self._load = QPushButton(tr("Load"))
        self._unload = QPushButton(tr("Unload"))
        self._remove = QPushButton(tr("Remove folder"))
        self._add.clicked.connect(self.folder_wanted)
        self._load.clicked.connect(self.load_selected)
        self._unload.clicked.connect(self.unload_selected)
        self._remove.clicked.connect(self.remove_selected)
        self.tools = QWidget()
        buttons = QHBoxLayout(self.tools)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(GAP)
        buttons.addWidget(self.hint, 1)
        for button in (self._load, self._unload, self._remove, self._add):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tree)
        control.changed.connect(self.refresh)
        self.refresh()

    # -- what is selected ----------------------------------------------------------------------

    @property
    def selected(self) -> ModelRow | Repository | None:
        """The model or repository that is selected."""
        items = self.tree.selectedItems()
        found = items[0].data(0, _ROW) if items else None
        return found if isinstance(found, ModelRow | Repository) else None

    def select(self, name: str) -> None:
        """Select a model by name."""
        for item in self._items():
            row = item.data(0, _ROW)
            if isinstance(row, ModelRow) and row.name == name:
                self.tree.setCurrentItem(item)

    def why_not_load(self) -> str:
        """Why nothing can be loaded now, or ''."""
        row = self.selected
        if not isinstance(row, ModelRow):
            return tr("Select a model in the Server panel first.")
        return tr("{model} is being changed.", model=row.name) if row.busy else ""

    def why_not_unload(self) -> str:
        """Why nothing can be unloaded now, or ''; a load that takes too long can be given up."""
        row = self.selected
        if isinstance(row, ModelRow):
            if row.state is ModelState.LOADING:
                return ""
            if row.state is not ModelState.READY and not row.busy:
                return tr("{model} is not loaded.", model=row.name)
        return self.why_not_load()

    def why_not_remove(self) -> str:
        """Why no folder can be removed now, or ''."""
        row = self.selected
        if isinstance(row, Repository) and row.root is not None:
            return ""
        return tr("Select a folder of models in the Server panel first.")

    # -- doing something to it -----------------------------------------------------------------

    @Slot()
    def load_selected(self) -> None:
        """Load the selected model, or load it anew."""
        if isinstance(row := self.selected, ModelRow):
            self._control.load(row.name)

    @Slot()
    def unload_selected(self) -> None:
        """Stop serving the selected model."""
        if isinstance(row := self.selected, ModelRow):
            self._control.unload(row.name)

    @Slot()
    def remove_selected(self) -> None:
        """Forget the selected folder and unload its models."""
        if isinstance(row := self.selected, Repository) and row.root is not None:
            self._control.remove(row.root)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what there is; selection, folds and place in the list stay."""
        selected, folded = self._key(self.selected), self._folded()
        at = self.tree.verticalScrollBar().value()
        self.tree.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        self.tree.clear()
        for repository in self._control.repositories:
            self._add_repository(repository, folded=self._key(repository) in folded)
        for item in self._items():
            if self._key(item.data(0, _ROW)) == selected and selected:
                self.tree.setCurrentItem(item)
        self.tree.blockSignals(False)  # noqa: FBT003
        self.tree.verticalScrollBar().setValue(at)
        self._show_buttons()

    def _add_repository(self, repository: Repository, *, folded: bool) -> None:
        own = repository.root is None
        title = tr("Shipped with Inferdeck") if own else str(repository.root)
        item = QTreeWidgetItem(self.tree)
        item.setText(0, title)
        item.setToolTip(0, repository.problem or title)
        item.setData(0, _ROW, repository)
        item.setForeground(0, self._roles.color("error" if repository.problem else "text_muted"))
        item.setFirstColumnSpanned(True)
        if repository.problem:
            item.setText(0, f"{title}   {repository.problem}")
        elif not repository.models and not own:
            item.setText(0, tr("{folder}   no models in it", folder=title))
        for row in repository.models:
            self._add_model(item, row)
        item.setExpanded(not folded)

    def _add_model(self, parent: QTreeWidgetItem, row: ModelRow) -> None:
        item = QTreeWidgetItem(parent)
        state, role = _state(row)
        for column, text in enumerate((row.name, ", ".join(row.versions), state, row.reason)):
            item.setText(column, text)
            item.setToolTip(column, text)
        item.setForeground(2, self._roles.color(role))
        item.setForeground(3, self._roles.color("text_muted"))
        item.setData(0, _ROW, row)

    @Slot()
    def _show_buttons(self) -> None:
        row = self.selected
        loaded = isinstance(row, ModelRow) and row.loaded
        self._load.setText(tr("Reload") if loaded else tr("Load"))
        for button, reason, tip in (
            (self._load, self.why_not_load(), tr("Load it, or load it anew from its folder")),
            (self._unload, self.why_not_unload(), tr("Stop serving it")),
            (self._remove, self.why_not_remove(), tr("Unload its models and forget the folder")),
        ):
            button.setEnabled(not reason)
            button.setToolTip(reason or tip)
        models = [model for r in self._control.repositories for model in r.models]
        ready = sum(model.loaded for model in models)
        total = count(len(models), "{n} model", "{n} models")
        self.hint.setText(
            tr("{ready} of {total} ready. Drop a folder of models here.", ready=ready, total=total)
            if models
            else tr("The models appear once the server runs.")
        )

    @Slot(QPoint)
    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for button, run in (
            (self._load, self.load_selected),
            (self._unload, self.unload_selected),
            (self._remove, self.remove_selected),
        ):
            action = menu.addAction(button.text())
            action.setEnabled(button.isEnabled())
            action.setToolTip(button.toolTip())
            action.triggered.connect(run)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    @Slot(list)
    def _dropped(self, folders: list[Path]) -> None:
        for folder in folders:
            self._control.add(folder)

    def _items(self) -> list[QTreeWidgetItem]:
        tops = [self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount())]
        there = [top for top in tops if top is not None]
        below = [top.child(i) for top in there for i in range(top.childCount())]
        return [*there, *(item for item in below if item is not None)]

    def _folded(self) -> set[str]:
        return {
            self._key(item.data(0, _ROW))
            for item in self._items()
            if item.childCount() and not item.isExpanded()
        }

    @staticmethod
    def _key(row: object) -> str:
        match row:
            case ModelRow():
                return f"model {row.name}"
            case Repository():
                return f"folder {row.root}"
            case _:
                return ""


class _Tree(QTreeWidget):
    """The list itself; takes folders that are dropped on it."""

    dropped = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Models"))
        self.setHeaderLabels([tr("Model"), tr("Version"), tr("State"), tr("Reason")])
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setRootIsDecorated(True)
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAcceptDrops(True)
        header = self.header()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        for column, width in enumerate((_NAME_WIDTH, _VERSIONS_WIDTH, _STATE_WIDTH)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(column, width)
        header.setStretchLastSection(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders only; the window takes everything else."""
        self._judge(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Wherever over the list."""
        self._judge(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which folders were let go of."""
        self._judge(event)
        if event.isAccepted():
            self.dropped.emit(_folders(event))

    def _judge(self, event: QDropEvent) -> None:
        if _folders(event):
            event.acceptProposedAction()
        else:
            event.ignore()


def _folders(event: QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.is_dir()]


def _state(row: ModelRow) -> tuple[str, str]:
    """The protocol's word for a state, and the role of its colour."""
    match row.state:
        case ModelState.READY:
            return str(row.state), "ok"
        case ModelState.LOADING | ModelState.UNLOADING:
            return str(row.state), "warning"
        case ModelState.UNAVAILABLE if row.reason != UNLOADED:
            return str(row.state), "error"
        case ModelState.NONE:
            return tr("not loaded"), "text_muted"
        case _:
            return str(row.state), "text_muted"
