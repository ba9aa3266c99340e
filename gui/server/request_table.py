"""The last hundred requests to the embedded server, newest first, as a table model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from backend.server.plane import RequestRecord
from gui.widgets.language import byte_size, marked, number, tr
from gui.widgets.theme import Palette

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_HEADINGS = (
    marked("Time"),
    marked("API"),
    marked("Method"),
    marked("Model"),
    marked("Status"),
    marked("ms"),
    marked("In"),
    marked("Out"),
)
_TOP = QModelIndex()
_NUMBERS = (5, 6, 7)
_STATUS = 4


class RequestTable(QAbstractTableModel):
    """Rows are replaced as a whole; the view keeps its place since rows are equal in height."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._rows: tuple[RequestRecord, ...] = ()

    def show_rows(self, oldest_first: Sequence[RequestRecord]) -> None:
        """Show these, newest on top."""
        rows = tuple(reversed(oldest_first))
        if rows and len(rows) == len(self._rows):
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(_HEADINGS) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette

    def rowCount(self, parent: _Index = _TOP) -> int:
        """One row for each request."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _TOP) -> int:
        """One column for each heading."""
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """The headings."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(_HEADINGS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment and the colour of a failed status."""
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and column == _STATUS:
            return self._roles.color("error" if row.failed else "ok")
        return None


def _text(row: RequestRecord, column: int) -> str:
    match column:
        case 0:
            return datetime.fromtimestamp(row.time_s).astimezone().strftime("%H:%M:%S")
        case 1:
            return row.api
        case 2:
            return row.method
        case 3:
            return row.model or "–"
        case 4:
            return row.status
        case 5:
            return number(row.duration_ms, 1)
        case 6:
            return byte_size(row.bytes_in)
        case _:
            return byte_size(row.bytes_out)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
