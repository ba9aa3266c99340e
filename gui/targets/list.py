"""All targets: use, add, edit, duplicate, delete, import and export them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.core.choices import EMBEDDED
from backend.core.target import Dialect, Target
from gui.state.switches import target_title
from gui.widgets.dialog_buttons import close_only
from gui.widgets.icons import tinted, tinted_pixmap
from gui.widgets.language import tr
from gui.widgets.padlock import padlock_of
from gui.widgets.picker import dot_pixmap
from gui.widgets.theme import GAP, GAP_LARGE, Palette

_COLUMNS = 5


class TargetList(QDialog):
    """Shows the targets; what is wished for is told by signals that carry the target's name."""

    use_wanted = Signal(str)
    add_wanted = Signal()
    edit_wanted = Signal(str)
    duplicate_wanted = Signal(str)
    delete_wanted = Signal(str)
    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, window: QWidget, palette: Palette) -> None:
        super().__init__(window)
        self._roles = palette
        self._chosen = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Targets"))
        heading = QLabel(tr("Targets"))
        heading.setProperty("role", "title")
        self.tree = self._tree()
        self.use = _button(tr("Use"), lambda: self.use_wanted.emit(self.selected))
        self.edit = _button(tr("Edit..."), lambda: self.edit_wanted.emit(self.selected))
        self.duplicate = _button(tr("Duplicate"), lambda: self.duplicate_wanted.emit(self.selected))
        self.delete = _button(tr("Delete"), lambda: self.delete_wanted.emit(self.selected))
        self.add = _button(tr("Add..."), self.add_wanted.emit)
        self.take = _button(tr("Import..."), self.import_wanted.emit)
        self.give = _button(tr("Export..."), self.export_wanted.emit)
        self.use.setProperty("role", "primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP_LARGE)
        column.addWidget(heading)
        row = QHBoxLayout()
        row.setSpacing(GAP_LARGE)
        row.addWidget(self.tree, 1)
        row.addLayout(self._acts())
        column.addLayout(row, 1)
        column.addWidget(close_only(self))
        self.resize(860, 420)

    def show_targets(self, targets: Sequence[Target], chosen: str) -> None:
        """Show these; the one in use is marked."""
        selected = self.selected or chosen
        self._chosen = chosen
        self.tree.clear()
        for target in targets:
            item = self._item(target)
            self.tree.addTopLevelItem(item)
            if target.name == selected:
                self.tree.setCurrentItem(item)
        first = self.tree.topLevelItem(0)
        if self.tree.currentItem() is None and first is not None:
            self.tree.setCurrentItem(first)
        self._grey()

    @property
    def selected(self) -> str:
        """The name of the selected target, '' for none."""
        item = self.tree.currentItem()
        return str(item.data(0, Qt.ItemDataRole.UserRole)) if item is not None else ""

    def select(self, name: str) -> None:
        """Select a target by name."""
        for index in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(index)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) == name:
                self.tree.setCurrentItem(item)

    # -- building ------------------------------------------------------------------------------

    def _tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName(tr("Targets"))
        tree.setColumnCount(_COLUMNS)
        tree.setHeaderLabels([tr("Name"), "REST", "gRPC", tr("Dialect"), tr("Security")])
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setIconSize(QSize(16, 16))
        header = tree.header()
        header.setStretchLastSection(True)
        for index, width in enumerate((180, 170, 130, 80)):
            header.setSectionResizeMode(index, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(index, width)
        tree.currentItemChanged.connect(self._grey)
        tree.itemActivated.connect(lambda _item, _column: self.use_wanted.emit(self.selected))
        return tree

    def _item(self, target: Target) -> QTreeWidgetItem:
        own = target.name == EMBEDDED
        padlock = padlock_of(target)
        dialect = "" if own else tr("ask") if target.dialect is Dialect.AUTO else target.dialect
        texts = [target_title(target), target.rest, target.grpc, dialect, _security(target)]
        if own:
            texts[1] = tr("inside this window")
        item = QTreeWidgetItem(texts)
        item.setData(0, Qt.ItemDataRole.UserRole, target.name)
        mark = dot_pixmap(target.colour) if target.colour else None
        icon = self._icon("server" if own else "network", self._roles.text_muted)
        item.setIcon(0, QIcon(mark) if mark is not None else icon)
        if padlock.icon:
            item.setIcon(4, self._icon(padlock.icon, self._roles.color(padlock.role)))
            item.setToolTip(4, padlock.text)
        if target.name == self._chosen:
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)
            item.setToolTip(0, tr("In use"))
        return item

    def _icon(self, name: str, color: QColor | str) -> QIcon:
        """An icon that can be seen on a selected row too."""
        icon = tinted(name, color)
        icon.addPixmap(tinted_pixmap(name, self._roles.on_accent), QIcon.Mode.Selected)
        return icon

    def _acts(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GAP)
        for button in (self.use, self.edit, self.duplicate, self.delete):
            column.addWidget(button)
        column.addSpacing(GAP_LARGE)
        for button in (self.add, self.take, self.give):
            column.addWidget(button)
        column.addStretch(1)
        return column

    @Slot()
    def _grey(self) -> None:
        name = self.selected
        own = name == EMBEDDED
        self.use.setEnabled(bool(name) and name != self._chosen)
        self.use.setToolTip(tr("It is in use.") if name == self._chosen else "")
        for button in (self.edit, self.duplicate, self.delete):
            button.setEnabled(bool(name) and not own)
            button.setToolTip(tr("The server inside this window stays as it is.") if own else "")
        only_own = self.tree.topLevelItemCount() < 2
        self.give.setEnabled(not only_own)
        self.give.setToolTip(tr("No target was saved yet.") if only_own else "")


def _button(text: str, run: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setMinimumWidth(104)
    button.clicked.connect(run)
    return button


def _security(target: Target) -> str:
    if target.name == EMBEDDED:
        return ""
    words = []
    if target.tls is not None:
        words.append("TLS" if target.tls.verify else tr("TLS, unverified"))
    if target.credentials.token:
        words.append(tr("token"))
    if target.credentials.headers:
        words.append(tr("headers"))
    return ", ".join(words) or tr("plaintext")
