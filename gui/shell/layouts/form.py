"""Choosing, saving and deleting layouts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.dialog_buttons import close_only
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE
from gui.workspace.layouts import LayoutStore, name_problem

_WIDTH, _HEIGHT = 380, 200
_OWN = Qt.ItemDataRole.UserRole


class LayoutsForm(QDialog):
    """A list of layouts, built-in ones first, and a field for the name of the present one."""

    def __init__(
        self,
        window: QWidget,
        built_in: tuple[str, ...],
        store: LayoutStore,
        use: Callable[[str], None],
        save: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._built_in = built_in
        self._store = store
        self._use_layout = use
        self._save_layout = save
        self.setWindowTitle(tr("Layouts"))
        heading = QLabel(tr("Layouts"))
        heading.setProperty("role", "title")
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Layouts"))
        self.list.setFixedSize(_WIDTH, _HEIGHT)
        self.list.itemActivated.connect(self.use_selected)
        self.list.currentItemChanged.connect(self._show_buttons)
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name"))
        self.name.setPlaceholderText(tr("Name for the present layout"))
        self.name.textChanged.connect(self._show_buttons)
        self.name.returnPressed.connect(self.save_present)
        self._use = QPushButton(tr("Use"))
        self._delete = QPushButton(tr("Delete"))
        self._save = QPushButton(tr("Save"))
        self._use.clicked.connect(self.use_selected)
        self._delete.clicked.connect(self.delete_selected)
        self._save.clicked.connect(self.save_present)
        for button in (self._use, self._delete, self._save):
            button.setAutoDefault(False)
        above, below = QHBoxLayout(), QHBoxLayout()
        for row in (above, below):
            row.setSpacing(GAP)
        above.addStretch(1)
        above.addWidget(self._use)
        above.addWidget(self._delete)
        below.addWidget(self.name, 1)
        below.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        column.addWidget(heading)
        column.addWidget(self.list)
        column.addLayout(above)
        column.addLayout(below)
        column.addSpacing(GAP)
        column.addWidget(close_only(self))
        self._fill()

    @Slot()
    def use_selected(self) -> None:
        """Put the panels as the selected layout has them."""
        if (item := self.list.currentItem()) is not None:
            self._use_layout(item.text())

    @Slot()
    def delete_selected(self) -> None:
        """Forget the selected layout, if the user saved it."""
        item = self.list.currentItem()
        if item is not None and item.data(_OWN):
            self._store.delete(item.text())
            self._fill()

    @Slot()
    def save_present(self) -> None:
        """Keep the panels as they are now under the name in the field."""
        name = self.name.text().strip()
        if not self._why_not_save():
            self._save_layout(name)
            self.name.clear()
            self._fill()

    def _fill(self) -> None:
        self.list.clear()
        for name in (*self._built_in, *self._store.names()):
            item = QListWidgetItem(name, self.list)
            own = name not in self._built_in
            item.setData(_OWN, own)
            item.setToolTip(tr("Saved by you") if own else tr("Built in"))
        self.list.setCurrentRow(0)

    def _why_not_save(self) -> str:
        name = self.name.text().strip()
        if name in self._built_in:
            return tr("'{name}' is the name of a built-in layout.", name=name)
        return name_problem(name)

    @Slot()
    def _show_buttons(self) -> None:
        item = self.list.currentItem()
        own = item is not None and bool(item.data(_OWN))
        self._use.setEnabled(item is not None)
        self._delete.setEnabled(own)
        self._delete.setToolTip("" if own else tr("Built-in layouts stay."))
        reason = self._why_not_save()
        self._save.setEnabled(not reason)
        self._save.setToolTip(reason or tr("Save the panels as they are now"))
