"""The messages of a stream as they go by: direction, time, size and one line of what they say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from backend.inspector.calls import Direction, StreamEvent
from gui.views.scales import milliseconds
from gui.widgets.language import byte_size, tr
from gui.widgets.theme import BODY_PX, Palette, tabular

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_ROW_HEIGHT = 22
ROWS_KEPT = 1000
_MESSAGE = 3
_ARROWS = {Direction.SENT: "\u2191", Direction.RECEIVED: "\u2193", Direction.NOTE: "\u00b7"}
_ROLES = {Direction.SENT: "accent", Direction.RECEIVED: "text", Direction.NOTE: "text_muted"}


class FeedModel(QAbstractTableModel):
    """The newest thousand lines; the oldest give way."""

    def __init__(self, palette: Palette, kept: int = ROWS_KEPT) -> None:
        super().__init__()
        self._roles = palette
        self._kept = kept
        self._rows: deque[StreamEvent] = deque()
        self._texts: dict[int, str] = {}
        self._say: Callable[[StreamEvent], str] = _plain

    def say_with(self, say: Callable[[StreamEvent], str]) -> None:
        """Describe lines in this way; only those in sight are ever described."""
        self._say = say
        self._texts.clear()

    def add(self, rows: Iterable[StreamEvent]) -> None:
        """Lines at the end, all at once."""
        new = list(rows)[-self._kept :]
        if not new:
            return
        over = len(self._rows) + len(new) - self._kept
        if over > 0:
            self.beginRemoveRows(QModelIndex(), 0, min(over, len(self._rows)) - 1)
            for _ in range(min(over, len(self._rows))):
                self._texts.pop(self._rows.popleft().number, None)
            self.endRemoveRows()
        first = len(self._rows)
        self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
        self._rows.extend(new)
        self.endInsertRows()

    def clear(self) -> None:
        """No lines."""
        self.beginResetModel()
        self._rows.clear()
        self._texts.clear()
        self.endResetModel()

    def row(self, index: int) -> StreamEvent:
        """The line at an index from the top."""
        return self._rows[index]

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette

    def rowCount(self, parent: _Index = _TOP) -> int:
        """One row for each line."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _TOP) -> int:
        """Direction, time, size and summary."""
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The headings."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return ("", tr("After"), tr("Size"), tr("Message"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment and colour."""
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row) if column == _MESSAGE else _cell(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ForegroundRole:
                muted = column in (1, 2)
                return self._roles.color("text_muted" if muted else _ROLES[row.direction])
            case _:
                return None

    def _text(self, row: StreamEvent) -> str:
        text = self._texts.get(row.number)
        if text is None:
            text = self._texts[row.number] = self._say(row)
        return text


class FeedView(QTableView):
    """Follows the end while the end is in sight; scrolling up stops that, going down resumes it."""

    picked = Signal(object)
    """The event of the line that was chosen."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.rows = FeedModel(palette)
        self.setModel(self.rows)
        self.setAccessibleName(tr("Messages of the stream"))
        self.setFont(tabular(self.font(), BODY_PX))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        for column, width in ((0, 30), (1, 88), (2, 88)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._pick)

    def add(self, rows: Iterable[StreamEvent]) -> None:
        """Lines at the end."""
        bar = self.verticalScrollBar()
        follow = bar.value() >= bar.maximum()
        self.rows.add(rows)
        if follow:
            self.scrollToBottom()

    def clear(self) -> None:
        """No lines."""
        self.rows.clear()

    @Slot(QModelIndex, QModelIndex)
    def _pick(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(self.rows.row(current.row()))


def _plain(row: StreamEvent) -> str:
    return row.text


def _cell(row: StreamEvent, column: int) -> str:
    match column:
        case 0:
            return _ARROWS[row.direction]
        case 1:
            return f"+{milliseconds(row.offset_ns / 1e6)}"
        case _:
            note = row.direction is Direction.NOTE
            return "" if note else byte_size(row.size)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (1, 2) else Qt.AlignmentFlag.AlignLeft
    if column == 0:
        side = Qt.AlignmentFlag.AlignHCenter
    return side | Qt.AlignmentFlag.AlignVCenter
