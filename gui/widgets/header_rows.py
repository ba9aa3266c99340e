"""Names and values in two columns: what is sent along, to be edited, and what came, to be read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from backend.inspector.calls import Headers
from gui.widgets.language import tr

_ROW_HEIGHT = 26
_NAME_WIDTH = 220


class HeaderRows(QTableWidget):
    """A table of headers or metadata; one that can be edited always ends with an empty line."""

    edited = Signal()

    def __init__(self, name: str, *, editable: bool) -> None:
        super().__init__(0, 2)
        self._editable = editable
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels([tr("Name"), tr("Value")])
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, _NAME_WIDTH)
        header.setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setShowGrid(editable)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # a cell that is edited goes on to the next by itself
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        if not editable:
            self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.itemChanged.connect(self._changed)
        self.show_headers(())

    @property
    def headers(self) -> Headers:
        """Every line that has a name."""
        pairs = ((self._text(row, 0), self._text(row, 1)) for row in range(self.rowCount()))
        return tuple((name, value) for name, value in pairs if name)

    def show_headers(self, headers: Headers) -> None:
        """Show these instead, without telling anyone."""
        blocked = self.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        lines = (*headers, ("", "")) if self._editable else headers
        self.setRowCount(len(lines))
        for row, pair in enumerate(lines):
            for column, text in enumerate(pair):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(row, column, item)
        self.blockSignals(blocked)

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text().strip() if item is not None else ""

    @Slot(QTableWidgetItem)
    def _changed(self, _item: QTableWidgetItem) -> None:
        if self.rowCount() == 0 or self._text(self.rowCount() - 1, 0):
            row = self.rowCount()
            self.insertRow(row)
        self.edited.emit()
