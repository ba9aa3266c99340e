"""The cells of a result as a table that can be sorted by any figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from backend.compare.bench import BenchResult, CellResult, Change, changes
from gui.state.payload_names import payload_text
from gui.views.scales import milliseconds
from gui.widgets.language import byte_size, number, tr
from gui.widgets.theme import CONTROL_HEIGHT, Palette, tabular

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_PADDING = 8
_ARROW = """
QHeaderView::up-arrow, QHeaderView::down-arrow {
  subcontrol-position: top center; top: 2px; width: 7px; height: 5px; }
"""
"""Over the title; beside it there is no room where it stands on the right."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its title, what it sorts by, and its text and tooltip."""

    title: str
    value: Callable[[CellResult], Any]
    text: Callable[[CellResult], str]
    tip: str = ""
    number: bool = True
    is_quiet: Callable[[CellResult], bool] = lambda _cell: False
    """Whether what it says of a cell is within the noise."""
    more: Callable[[CellResult], str] = lambda _cell: ""
    """What is said of a cell besides, in its tooltip."""


class CellTable(QTableView):
    """Shows a result, the fastest first; with an older one also how the medians have changed.

    Columns grow with what stands in them and do not shrink again, so that nothing jitters while a
    measurement goes on. Copying takes the rows that are selected, or all, with tabs between.
    """

    chosen = Signal(str)
    """The key of the cell whose row was selected."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setAccessibleName(tr("Measured ways"))
        self._model = _CellModel(palette, self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self._sorted.setSourceModel(self._model)
        self.setModel(self._sorted)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT)
        header = _Header(self)
        self.setHorizontalHeader(header)
        header.setSectionsClickable(True)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setStyleSheet(_ARROW)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setSortingEnabled(True)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self._sorted.layoutChanged.connect(self._spread_reasons)
        self.selectionModel().currentRowChanged.connect(self._tell_chosen)

    def show_result(self, result: BenchResult, before: BenchResult | None) -> None:
        """Show these cells."""
        columns, marked = self._model.titles, self.marked
        self._model.use(result, before)
        self._spread_reasons()
        same = self._model.titles == columns
        if not same:  # otherwise it stays as the user has sorted it
            self.sortByColumn(self._model.median_column, Qt.SortOrder.AscendingOrder)
        self._fit_columns(at_least=same)
        self.mark(marked)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._model.roles = palette
        self.viewport().update()

    @property
    def marked(self) -> str:
        """The key of the cell whose row is selected, '' for none."""
        row = self._sorted.mapToSource(self.currentIndex()).row()
        return self._model.key(row) if row >= 0 else ""

    def mark(self, key: str) -> None:
        """Select the row of that cell, if there is one."""
        for row in range(self._sorted.rowCount()):
            place = self._sorted.index(row, 0)
            if self._model.key(self._sorted.mapToSource(place).row()) == key:
                self.setCurrentIndex(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy whole rows, with the titles."""
        if not event.matches(QKeySequence.StandardKey.Copy):
            super().keyPressEvent(event)
            return
        picked = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = self.texts()
        lines = [self._model.titles, *(rows[row] for row in picked or range(len(rows)))]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    @Slot()
    def _tell_chosen(self) -> None:
        if self.marked:
            self.chosen.emit(self.marked)

    def _fit_columns(self, *, at_least: bool) -> None:
        *first, last = range(self._sorted.columnCount())
        header = self.horizontalHeader()
        for column in first:
            width = self.columnWidth(column) if at_least else 0
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, max(width, self.columnWidth(column)))
        header.setSectionResizeMode(last, QHeaderView.ResizeMode.ResizeToContents)

    @Slot()
    def _spread_reasons(self) -> None:
        """Where there are no figures, the reason stands in their place."""
        self.clearSpans()
        first, columns = self._model.first_figure, self._sorted.columnCount()
        for row in range(self._sorted.rowCount()):
            place = self._sorted.mapToSource(self._sorted.index(row, first))
            if not self._model.is_measured(place.row()):
                self.setSpan(row, first, 1, columns - first)

    def texts(self) -> list[list[str]]:
        """What stands in the table, row by row as sorted."""
        rows, columns = self._sorted.rowCount(), self._sorted.columnCount()
        return [
            [str(self._sorted.index(row, column).data() or "") for column in range(columns)]
            for row in range(rows)
        ]


class _Header(QHeaderView):
    """Columns no wider than their titles: the arrow stands over them and needs no room beside."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def sectionSizeFromContents(self, section: int) -> QSize:
        title = str(self.model().headerData(section, self.orientation()) or "")
        wide = self.fontMetrics().horizontalAdvance(title) + 2 * _PADDING
        return QSize(wide, super().sectionSizeFromContents(section).height())


class _CellModel(QAbstractTableModel):
    def __init__(self, palette: Palette, parent: QObject) -> None:
        super().__init__(parent)
        self.roles = palette
        self._cells: tuple[CellResult, ...] = ()
        self._columns: list[_Column] = []
        self.median_column = self.first_figure = 0

    def key(self, row: int) -> str:
        """The key of a row's cell."""
        return self._cells[row].cell.key

    def is_measured(self, row: int) -> bool:
        """Whether a row has figures."""
        return self._cells[row].measured

    @property
    def titles(self) -> list[str]:
        return [column.title for column in self._columns]

    def use(self, result: BenchResult, before: BenchResult | None) -> None:
        self.beginResetModel()
        self._cells = result.cells
        self._columns = _columns(result, before)
        self.median_column = self.titles.index(tr("p50"))
        self.first_figure = len(_labels(result))
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and column.number:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        shown = {Qt.ItemDataRole.DisplayRole: column.title, Qt.ItemDataRole.ToolTipRole: column.tip}
        return shown.get(Qt.ItemDataRole(role))

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        cell, column = self._cells[index.row()], self._columns[index.column()]
        says_why = not cell.measured and index.column() == self.first_figure
        match role:
            case Qt.ItemDataRole.DisplayRole if says_why:
                return _note(cell)
            case Qt.ItemDataRole.TextAlignmentRole if says_why:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.DisplayRole:
                return column.text(cell)
            case Qt.ItemDataRole.UserRole:
                return column.value(cell)
            case Qt.ItemDataRole.ToolTipRole:
                said = "\n".join(filter(None, (column.tip, column.more(cell))))
                return cell.reason or (_note(cell) if cell.failed else said)
            case Qt.ItemDataRole.ForegroundRole if cell.measured and index.column() == 0:
                return self.roles.color("warning") if cell.reason or cell.failed else None
            case Qt.ItemDataRole.TextAlignmentRole if column.number:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.FontRole if column.number:
                parent = self.parent()
                return tabular(parent.font()) if isinstance(parent, QTableView) else None
            case Qt.ItemDataRole.ForegroundRole if not cell.measured or column.is_quiet(cell):
                return self.roles.color("text_muted")
        return None


def _columns(result: BenchResult, before: BenchResult | None) -> list[_Column]:
    columns = _labels(result)
    if before is not None:
        columns += _change_columns(changes(result, before))
    columns += [
        _figure(tr("p50"), "p50_ms", milliseconds, tr("Half of the answers came within this time")),
        _figure(tr("p95"), "p95_ms", milliseconds, tr("95 % of the answers came within this time")),
        _figure(tr("p99"), "p99_ms", milliseconds, tr("99 % of the answers came within this time")),
        _figure(tr("answers/s"), "rate", _rate),
        _wire_out_column(),
        _wire_in_column(),
        _figure(tr("CPU here"), "client_cpu_ms", milliseconds, tr("Processor time of a request")),
    ]
    if any(cell.server_cpu_ms is not None for cell in result.cells):
        tip = tr("Processor time of a request at the server")
        columns.append(_figure(tr("CPU server"), "server_cpu_ms", milliseconds, tip))
    columns.append(_Column(tr("Note"), lambda cell: cell.reason, _note, number=False))
    return columns


def _labels(result: BenchResult) -> list[_Column]:
    """What tells the cells apart; what all have in common would only take room."""
    columns = [
        _Column(tr("Way"), lambda cell: cell.cell.way, lambda cell: cell.cell.way, number=False)
    ]
    if any(cell.cell.in_flight != 1 for cell in result.cells):
        columns.append(
            _Column(
                tr("In flight"),
                lambda cell: cell.cell.in_flight,
                lambda cell: number(cell.cell.in_flight),
            )
        )
    if len(result.conditions.payloads) > 1:
        columns.append(_payload_column())
    return columns


def _payload_column() -> _Column:
    return _Column(
        tr("Payload"),
        lambda cell: cell.cell.payload,
        lambda cell: payload_text(cell.cell.payload),
        number=False,
    )


def _figure(title: str, name: str, text: Callable[[float], str], tip: str = "") -> _Column:
    def value(cell: CellResult) -> float:
        found = cell.figure(name) if cell.measured else None
        return math.inf if found is None else found

    return _Column(
        title,
        value,
        lambda cell: "" if math.isinf(value(cell)) else text(value(cell)),
        tip,
    )


def _wire_out_column() -> _Column:
    plain = _figure(tr("wire out"), "wire_out", _bytes, tr("Of a request, on the wire"))
    return replace(
        plain,
        text=lambda cell: ("≈ " if cell.wire_estimated else "") + plain.text(cell),
        more=lambda cell: tr(
            "Its message, before compression: {size}", size=_bytes(cell.bytes_out or 0)
        ),
    )


def _wire_in_column() -> _Column:
    return replace(
        _figure(tr("wire in"), "wire_in", _bytes, tr("Of its reply, on the wire")),
        more=lambda cell: tr("Its message, unpacked: {size}", size=_bytes(cell.bytes_in or 0)),
    )


def _change_columns(found: Sequence[Change]) -> list[_Column]:
    """Each compared figure as a multiple of what it was."""
    titles = {"p50_ms": tr("× p50"), "p99_ms": tr("× p99"), "rate": tr("× rate")}
    known = {(change.figure, change.cell.key): change for change in found}
    return [_change_column(title, name, known) for name, title in titles.items()]


def _change_column(title: str, name: str, known: Mapping[tuple[str, str], Change]) -> _Column:
    def ratio(cell: CellResult) -> float:
        change = known.get((name, cell.cell.key))
        return math.inf if change is None or change.ratio is None else change.ratio

    def is_quiet(cell: CellResult) -> bool:
        change = known.get((name, cell.cell.key))
        return change is None or not change.differs

    return _Column(
        title,
        ratio,
        lambda cell: "" if math.isinf(ratio(cell)) else f"× {number(ratio(cell), 2)}",
        tr("A multiple of the result it is compared with; grey where that is within the noise"),
        is_quiet=is_quiet,
    )


def _note(cell: CellResult) -> str:
    if cell.reason:
        return cell.reason
    if not cell.measured:
        return tr("not measured yet")
    if cell.failed:
        failed = tr("{failed} failed", failed=cell.failed)
        return f"{failed}: {cell.most_failed}" if cell.most_failed else failed
    if not cell.stable:
        return tr("not stable")
    return ""


def _rate(value: float) -> str:
    return number(value, 0 if value >= 100 else 1)


def _bytes(value: float) -> str:
    return byte_size(round(value))
