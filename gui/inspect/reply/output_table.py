"""The outputs of a reply in a table, which is as wide as its place and cuts no number short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from backend.inspector.views import TensorRow
from gui.widgets.language import byte_size, grouped, marked, significant, tr
from gui.widgets.theme import BODY_PX, tabular

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_ROW_HEIGHT, _STACKED_HEIGHT = 24, 40
_MOST_HIGH = 8 * _ROW_HEIGHT
_HEADINGS = (
    marked("Output"),
    marked("Type"),
    marked("Shape"),
    marked("Size"),
    marked("Min"),
    marked("Mean"),
    marked("Max"),
    marked("First"),
)
_FIRST = 7
_WIDE = tuple((column,) for column in range(len(_HEADINGS)))
_STACKED = ((0, 1), (2, 3), (4, 6), (5, _FIRST))
"""What stands in each column of a narrow table, one below the other."""
_NUMBERS = (3, 4, 5, 6)
_BESIDE_TEXT = 28
"""Of a column's width: what the style keeps free, and some more."""
_WAYS = ((_WIDE, 2), (_STACKED, 1), (_STACKED, 0))
"""How the columns stand and how many first values are shown at least, the widest way first."""


class OutputTable(QTableView):
    """One line for each output, or two where there is no room for all columns."""

    def __init__(self) -> None:
        super().__init__()
        self._high = 0
        self._rows = _Outputs()
        self.setModel(self._rows)
        self.setAccessibleName(tr("Outputs"))
        self.setFont(tabular(self.font(), BODY_PX))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)

    def show_rows(self, rows: tuple[TensorRow, ...]) -> None:
        """Show these."""
        self._rows.show_rows(rows)
        self.setVisible(bool(rows))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many lines as the width asks for."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        room = self.viewport().width()
        for columns, fewest in _WAYS:
            self._rows.arrange(columns, fewest)
            self.resizeColumnsToContents()
            if self.horizontalHeader().length() <= room:
                break
        header, last = self.horizontalHeader(), len(self._rows.columns) - 1
        left = room - header.length() + header.sectionSize(last)
        if left > header.sectionSize(last):
            metrics = QFontMetrics(self.font())
            self.setColumnWidth(last, left)
            self._rows.take(lambda text: metrics.horizontalAdvance(text) <= left - _BESIDE_TEXT)
        self._take_height(fits=left >= header.sectionSize(last))

    def _take_height(self, *, fits: bool) -> None:
        high = _ROW_HEIGHT if self._rows.columns is _WIDE else _STACKED_HEIGHT
        self.verticalHeader().setDefaultSectionSize(high)
        rows = min(_MOST_HIGH, self._rows.rowCount() * high)
        bar = 0 if fits else self.horizontalScrollBar().sizeHint().height()
        around = self.horizontalHeader().sizeHint().height() + bar + 2
        self._high = around + rows
        self.setMinimumHeight(around + min(rows, high))
        self.setMaximumHeight(self._high)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """All rows, or as many as are shown at most; it scrolls where it gets less."""
        return QSize(super().sizeHint().width(), self._high)


class _Outputs(QAbstractTableModel):
    """`columns` are the headings that stand below each other in each column."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[TensorRow, ...] = ()
        self.columns: tuple[tuple[int, ...], ...] = _WIDE
        self._fewest = 0
        self._fits: Callable[[str], bool] = _nothing_fits

    def show_rows(self, rows: tuple[TensorRow, ...]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def arrange(self, columns: tuple[tuple[int, ...], ...], fewest: int) -> None:
        """Show these columns, and so many first values."""
        self.beginResetModel()
        self.columns, self._fewest, self._fits = columns, fewest, _nothing_fits
        self.endResetModel()

    def take(self, fits: Callable[[str], bool]) -> None:
        """Show as many first values as `fits` says there is room for."""
        self._fits = fits
        last = len(self.columns) - 1
        self.dataChanged.emit(self.index(0, last), self.index(self.rowCount() - 1, last))

    def rowCount(self, parent: _Index = _TOP) -> int:
        """One row for each output."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _TOP) -> int:
        """One column for each heading, or for two of them."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The headings."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "\n".join(tr(_HEADINGS[one]) for one in self.columns[section])
        return self._alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text and alignment; what has no room is in the tooltip."""
        row, columns = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return "\n".join(
                self._first(row) if one == _FIRST else _cell(row, one) for one in columns
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(_cell(row, one) for one in columns)
        alignment = role == Qt.ItemDataRole.TextAlignmentRole
        return self._alignment(index.column()) if alignment else None

    def _first(self, row: TensorRow) -> str:
        """As many whole values as there is room for."""
        whole = _cell(row, _FIRST)
        if len(row.first) <= self._fewest or self._fits(whole):
            return whole
        for many in range(len(row.first) - 1, self._fewest, -1):
            shown = _some(row, many)
            if self._fits(shown):
                return shown
        return _some(row, self._fewest)

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        numbers = all(one in _NUMBERS for one in self.columns[column])
        side = Qt.AlignmentFlag.AlignRight if numbers else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


def _nothing_fits(_text: str) -> bool:
    return False


def _some(row: TensorRow, many: int) -> str:
    return ", ".join((*row.first[:many], "\u2026"))


def _cell(row: TensorRow, column: int) -> str:
    numbers = row.numbers
    match column:
        case 0:
            return row.name
        case 1:
            return row.datatype
        case 2:
            return str(list(row.shape))
        case 3:
            return byte_size(row.size)
        case 4:
            return _number(numbers.low) if numbers else ""
        case 5:
            return _number(numbers.mean) if numbers else ""
        case 6:
            return _number(numbers.high) if numbers else ""
        case _:
            return ", ".join(row.first) + _odd(row)


def _odd(row: TensorRow) -> str:
    """How many elements are no numbers."""
    if row.numbers is None or not (row.numbers.nan or row.numbers.infinite):
        return ""
    odd = tr(
        "({nan} NaN, {infinite} infinite)",
        nan=grouped(row.numbers.nan),
        infinite=grouped(row.numbers.infinite),
    )
    return f"   {odd}"


def _number(value: float | None) -> str:
    return "\u2013" if value is None else significant(value, 4)
