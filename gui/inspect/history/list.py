"""What was asked before: searched, opened, sent again, kept, compared and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from backend.inspector.history import HistoryRow
from gui.views.scales import milliseconds
from gui.widgets.language import byte_size, grouped, tr
from gui.widgets.menu_button import give_menu
from gui.widgets.theme import BODY_PX, CAPTION_PX, GAP, GAP_SMALL, Palette, sized, tabular

_ROW = 42
_BETWEEN = " \u00b7 "
_SEARCH_AFTER_MS = 200
_HISTORY_ROW = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class HistoryList(QWidget):
    """A click or Enter opens, Ctrl+Enter sends again, two chosen with Ctrl can be compared."""

    searched = Signal(str)
    opened = Signal(int)
    resend_wanted = Signal(int)
    save_wanted = Signal(int)
    diff_wanted = Signal(int, int)
    pin_wanted = Signal(int, bool)
    delete_wanted = Signal(int)
    clear_wanted = Signal()
    export_wanted = Signal()
    import_wanted = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search history"))
        self.search.setAccessibleName(tr("Search history"))
        self.search.setClearButtonEnabled(True)
        self._later = QTimer(self, singleShot=True, interval=_SEARCH_AFTER_MS)
        self._later.timeout.connect(lambda: self.searched.emit(self.search.text()))
        self.search.textChanged.connect(lambda _text: self._later.start())
        self._rows = _Rows()
        self.view = _View()
        self.view.setModel(self._rows)
        self.view.setAccessibleName(tr("History"))
        self._delegate = _Look(palette)
        self.view.setItemDelegate(self._delegate)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.enter.connect(self._enter)
        self.view.delete.connect(self._delete)
        self.view.clicked.connect(self._clicked)
        self._empty = QLabel(tr("Nothing was sent yet."))
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        self._diff = QPushButton(tr("Compare"))
        self._diff.setToolTip(
            tr("Two chosen with Ctrl+click, else the chosen or newest one and the one before it")
        )
        self._diff.clicked.connect(self._compare)
        self._more = QPushButton(tr("More"))
        menu = QMenu(self._more)
        for text, signal in (
            (tr("Export..."), self.export_wanted),
            (tr("Import..."), self.import_wanted),
            (tr("Clear..."), self.clear_wanted),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, s=signal: s.emit())
        give_menu(self._more, menu)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addWidget(self._diff)
        buttons.addStretch(1)
        buttons.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, 0, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.search)
        column.addWidget(self._empty)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)
        self.show_rows(())

    def show_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Show these, newest first."""
        chosen = {self._row(index).id for index in self.view.selectedIndexes()}
        self._rows.show_rows(rows)
        for number, row in enumerate(rows):
            if row.id in chosen:
                flag = self.view.selectionModel().SelectionFlag.Select
                self.view.selectionModel().select(self._rows.index(number), flag)
        searching = bool(self.search.text().strip())
        self._empty.setText(tr("Nothing matches.") if searching else tr("Nothing was sent yet."))
        self._empty.setVisible(not rows)
        self._selection_changed()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._delegate.roles = palette
        self.view.viewport().update()

    def _row(self, index: _Index) -> HistoryRow:
        row: HistoryRow = index.data(_HISTORY_ROW)
        return row

    def _chosen(self) -> list[HistoryRow]:
        return [self._row(index) for index in self.view.selectedIndexes()]

    @Slot()
    def _selection_changed(self) -> None:
        self._diff.setEnabled(self._pair() is not None)

    @Slot()
    def _compare(self) -> None:
        pair = self._pair()
        if pair is not None:
            self.diff_wanted.emit(pair[0].id, pair[1].id)

    def _pair(self) -> tuple[HistoryRow, HistoryRow] | None:
        """What would be compared, the older first: the two that are chosen, or the chosen one, else
        the newest, with the one before it, of the same method where there is one."""
        chosen = sorted(self._chosen(), key=lambda row: row.id)
        known = sorted(self._rows.shown, key=lambda row: row.id)
        if len(chosen) == 2:
            return chosen[0], chosen[1]
        if len(chosen) > 2 or len(known) < 2:
            return None
        newer = chosen[0] if chosen else known[-1]
        older = [row for row in known if row.id < newer.id]
        if not older:
            return newer, known[1]
        same = [row for row in older if row.method == newer.method]
        return (same or older)[-1], newer

    @Slot(object)
    def _clicked(self, index: _Index) -> None:
        """A plain click shows it; one with Ctrl or Shift only chooses."""
        if len(self.view.selectedIndexes()) == 1 and self.view.selectionModel().isSelected(index):
            self.opened.emit(self._row(index).id)

    @Slot(bool)
    def _enter(self, again: bool) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            (self.resend_wanted if again else self.opened).emit(self._row(index).id)

    @Slot()
    def _delete(self) -> None:
        for row in self._chosen():
            self.delete_wanted.emit(row.id)

    @Slot(QPoint)
    def _show_menu(self, where: QPoint) -> None:
        index = self.view.indexAt(where)
        if not index.isValid():
            return
        row = self._row(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, act in (
            (tr("Open"), lambda: self.opened.emit(row.id)),
            (tr("Send again"), lambda: self.resend_wanted.emit(row.id)),
            (tr("Save as request..."), lambda: self.save_wanted.emit(row.id)),
            (
                tr("Unpin") if row.pinned else tr("Pin"),
                lambda: self.pin_wanted.emit(row.id, not row.pinned),
            ),
            (tr("Delete"), lambda: self.delete_wanted.emit(row.id)),
        ):
            action = QAction(text, menu)
            action.triggered.connect(lambda _=False, a=act: a())
            menu.addAction(action)
        menu.popup(self.view.viewport().mapToGlobal(where))


class _View(QListView):
    enter = Signal(bool)
    """Enter was pressed; True with Ctrl."""
    delete = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def event(self, event: QEvent) -> bool:
        """Enter with Ctrl means this row, not the request beside it."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, Ctrl+Enter and Delete."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enter.emit(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif event.key() == Qt.Key.Key_Delete:
            self.delete.emit()
        else:
            super().keyPressEvent(event)


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[HistoryRow, ...] = ()

    @property
    def shown(self) -> tuple[HistoryRow, ...]:
        """All of them, newest first."""
        return self._rows

    def show_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _TOP) -> int:
        """One for each exchange."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself, and what it says."""
        row = self._rows[index.row()]
        if role == _HISTORY_ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.method
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.method}\n{_BETWEEN.join(_parts(row))}\n{_stamp(row.started_at)}"
        return None


class _Look(QStyledItemDelegate):
    """Two lines: method and time of day; status, model, duration and size."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.roles = palette

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As high as two lines."""
        del option, index
        return QSize(0, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One row."""
        row: HistoryRow = index.data(_HISTORY_ROW)
        area: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(self.roles.color("surface_raised"))
            painter.drawRoundedRect(area.adjusted(0, 1, -1, -1), 4, 4)
        painter.setBrush(self.roles.color("ok" if row.ok else "error"))
        painter.drawEllipse(QRect(area.left() + GAP, area.top() + 11, 6, 6))
        if selected:
            painter.setBrush(self.roles.color("accent"))
            painter.drawRect(QRect(area.left(), area.top() + 5, 2, area.height() - 10))
        text = area.adjusted(GAP + 14, GAP_SMALL, -GAP, -GAP_SMALL)
        stamp = row.started_at.astimezone().strftime("%H:%M:%S")
        self._pair(painter, text, call_name(row.method), stamp, pinned=row.pinned)
        painter.setFont(sized(painter.font(), CAPTION_PX))
        painter.setPen(self.roles.color("text_muted"))
        low = text.adjusted(0, text.height() // 2, 0, 0)
        line = second_line(row, painter.fontMetrics(), low.width())
        painter.drawText(low, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line)
        painter.restore()

    def _pair(self, painter: QPainter, area: QRect, left: str, right: str, *, pinned: bool) -> None:
        high = area.adjusted(0, 0, 0, -area.height() // 2)
        painter.setFont(tabular(painter.font(), CAPTION_PX))
        painter.setPen(self.roles.color("accent" if pinned else "text_muted"))
        right = f"\u2605 {right}" if pinned else right
        painter.drawText(high, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right)
        room = high.width() - painter.fontMetrics().horizontalAdvance(right) - GAP
        painter.setFont(sized(painter.font(), BODY_PX))
        painter.setPen(self.roles.color("text"))
        left = painter.fontMetrics().elidedText(left, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(high, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, left)


def call_name(method: str) -> str:
    """The method alone of 'package.Service/Method'; a route as it is."""
    return method if " " in method else method.rpartition("/")[2]


def second_line(row: HistoryRow, metrics: QFontMetrics, width: int) -> str:
    """As many whole parts as there is room for: half a number is another number."""
    parts = _parts(row)
    while True:
        whole = _BETWEEN.join(parts)
        shown = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, width)
        if shown == whole or len(parts) == 1:
            return shown
        parts.pop()


def _parts(row: HistoryRow) -> list[str]:
    """What is said of an exchange, from what matters most."""
    parts = [row.status, milliseconds(row.total_ns / 1e6), byte_size(row.received_bytes)]
    if row.model:
        parts.insert(0, row.model)
    if row.received > 1:
        parts.append(f"{grouped(row.received)} \u2193")
    return [*parts, row.target]


def _stamp(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone().strftime("%Y-%m-%d %H:%M:%S")
