"""What can be called, grouped, searched and chosen; a badge says how many messages go each way."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.inspector.calls import MethodKind
from backend.inspector.methods import Method, MethodList, Origin
from gui.widgets.language import marked, tr
from gui.widgets.theme import CAPTION_PX, GAP, GAP_SMALL, Palette, sized

_ROW = 26
_BADGE_WIDTH = 44
_METHOD = Qt.ItemDataRole.UserRole
_KINDS = {
    MethodKind.UNARY: marked("unary: one message each way"),
    MethodKind.SERVER_STREAM: marked("server stream: one message there, many back"),
    MethodKind.CLIENT_STREAM: marked("client stream: many messages there, one back"),
    MethodKind.BIDI_STREAM: marked("both stream: many messages each way"),
    MethodKind.REST: marked("REST"),
}
_ORIGINS = {
    Origin.BUNDLED: marked("bundled schema"),
    Origin.REFLECTION: marked("reflection"),
    Origin.PROTO: marked(".proto file"),
    Origin.PROTOSET: marked("protoset file"),
    Origin.ROUTES: marked("known routes"),
    Origin.OPENAPI: marked("openapi.json"),
}
_HUES = {
    MethodKind.UNARY: 0,
    MethodKind.SERVER_STREAM: 2,
    MethodKind.CLIENT_STREAM: 1,
    MethodKind.BIDI_STREAM: 4,
    MethodKind.REST: 6,
}


class MethodTree(QWidget):
    """A search field over the methods; arrows move and Enter chooses from within the field."""

    chosen = Signal(object)
    """The Method that was chosen."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._list = MethodList()
        self._current: Method | None = None
        self.search = _Search()
        self.search.setPlaceholderText(tr("Search methods"))
        self.search.setAccessibleName(tr("Search methods"))
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Methods"))
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(0)
        self.tree.setUniformRowHeights(True)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows = _Rows(palette)
        self.tree.setItemDelegate(self._rows)
        self._note = QLabel()
        self._note.setProperty("role", "caption")
        self._note.setWordWrap(True)
        self._note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, 0, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addWidget(self._note)
        self.search.textChanged.connect(self._fill)
        self.search.stepped.connect(self._step)
        self.search.returnPressed.connect(self._take)
        self.tree.itemClicked.connect(self._clicked)
        self.tree.itemActivated.connect(self._clicked)

    @property
    def current(self) -> Method | None:
        """The method that was chosen last."""
        return self._current

    @property
    def methods(self) -> tuple[Method, ...]:
        """Every method that is offered."""
        return self._list.methods

    def show_methods(self, methods: MethodList) -> None:
        """Offer these; the present choice is kept if it is still among them."""
        self._list = methods
        self._note.setText("\n".join(methods.remarks))
        self._note.setVisible(bool(methods.remarks))
        self._fill()

    def say(self, text: str) -> None:
        """A line under the list, such as that it is being asked for."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def choose(self, title: str) -> bool:
        """Choose a method by its title; whether it is there."""
        for method in self._list.methods:
            if method.title == title:
                self._choose(method)
                return True
        return False

    def show_current(self, method: Method | None) -> None:
        """Mark the method in use, without choosing it."""
        self._current = method
        self._mark_current()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._rows.roles = palette
        self.tree.viewport().update()

    @Slot()
    def _fill(self) -> None:
        self.tree.clear()
        words = self.search.text()
        methods = self._list.search(words)
        if words.strip():
            self._add_rows(methods)
            first = self._items()
            if first:
                self.tree.setCurrentItem(first[0])
        else:
            self._add_groups(methods)
            self._mark_current()
        if words.strip() and not methods:
            self.say(tr("Nothing matches '{words}'.", words=words.strip()))
        elif not self._list.remarks:
            self._note.hide()

    def _add_groups(self, methods: Iterable[Method]) -> None:
        groups: dict[str, list[Method]] = {}
        for method in methods:
            name = tr("Inference") if method.pinned else method.group
            groups.setdefault(name, []).append(method)
        for name, members in groups.items():
            heading = QTreeWidgetItem([name])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            heading.setSizeHint(0, QSize(0, _ROW + GAP_SMALL))
            self.tree.addTopLevelItem(heading)
            self._add_rows(members)

    def _add_rows(self, methods: Iterable[Method]) -> None:
        for method in methods:
            item = QTreeWidgetItem([_label(method)])
            item.setData(0, _METHOD, method)
            item.setToolTip(0, _tip(method))
            item.setSizeHint(0, QSize(0, _ROW))
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{method.badge} {_label(method)}")
            self.tree.addTopLevelItem(item)

    def _items(self) -> list[QTreeWidgetItem]:
        every = (self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount()))
        return [item for item in every if item is not None and item.data(0, _METHOD) is not None]

    def _mark_current(self) -> None:
        self.tree.clearSelection()
        for item in self._items():
            if self._current is not None and item.data(0, _METHOD).title == self._current.title:
                self.tree.setCurrentItem(item)

    @Slot(int)
    def _step(self, by: int) -> None:
        items = self._items()
        if not items:
            return
        current = self.tree.currentItem()
        index = items.index(current) + by if current in items else 0
        self.tree.setCurrentItem(items[max(0, min(len(items) - 1, index))])

    @Slot()
    def _take(self) -> None:
        item = self.tree.currentItem()
        if item is not None:
            self._clicked(item)

    @Slot(QTreeWidgetItem)
    def _clicked(self, item: QTreeWidgetItem) -> None:
        method = item.data(0, _METHOD)
        if method is not None:
            self._choose(method)

    def _choose(self, method: Method) -> None:
        self._current = method
        self._mark_current()
        self.chosen.emit(method)


class _Search(QLineEdit):
    """Up and down move in the list below."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows are the list's."""
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_PageUp: -10,
        }
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
            return
        super().keyPressEvent(event)


class _Rows(QStyledItemDelegate):
    """Draws headings small and muted, methods with their badge."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.roles = palette

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """One row."""
        style: QStyleOptionViewItem = option
        area: QRect = style.rect
        state: QStyle.StateFlag = style.state
        text = str(index.data())
        method: Method | None = index.data(_METHOD)
        painter.save()
        if method is None:
            self._heading(painter, area, text)
        else:
            selected = bool(state & QStyle.StateFlag.State_Selected)
            hovered = bool(state & QStyle.StateFlag.State_MouseOver)
            self._method(painter, area, text, method, selected=selected, hovered=hovered)
        painter.restore()

    def _heading(self, painter: QPainter, area: QRect, text: str) -> None:
        painter.setFont(sized(painter.font(), CAPTION_PX, bold=True))
        painter.setPen(self.roles.color("text_muted"))
        painter.drawText(
            area.adjusted(GAP, 0, -GAP, -GAP_SMALL),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom,
            text,
        )

    def _method(
        self,
        painter: QPainter,
        area: QRect,
        text: str,
        method: Method,
        *,
        selected: bool,
        hovered: bool,
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or hovered:
            painter.setBrush(self.roles.color("surface_raised"))
            painter.drawRoundedRect(area.adjusted(0, 1, -1, -1), 4, 4)
        if selected:
            painter.setBrush(self.roles.color("accent"))
            painter.drawRect(QRect(area.left(), area.top() + 4, 2, area.height() - 8))
        badge = QRect(area.left() + GAP, area.top(), _BADGE_WIDTH, area.height())
        painter.setFont(sized(painter.font(), CAPTION_PX, bold=True))
        painter.setPen(self.roles.series_color(_HUES[method.kind]))
        painter.drawText(
            badge, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, method.badge
        )
        narrow = 18 if method.kind is not MethodKind.REST else _BADGE_WIDTH
        words = area.adjusted(GAP + narrow, 0, -GAP, 0)
        painter.setFont(sized(painter.font(), 12))
        role = "text_muted" if method.offered is False else "text"
        painter.setPen(self.roles.color(role))
        metrics = painter.fontMetrics()
        side = Qt.TextElideMode.ElideMiddle if method.verb else Qt.TextElideMode.ElideRight
        painter.drawText(
            words,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(text, side, words.width()),
        )


def _label(method: Method) -> str:
    return method.path if method.verb else method.name


def _tip(method: Method) -> str:
    lines = [method.title, tr(_KINDS[method.kind])]
    if method.about:
        lines.append(method.about)
    lines.append(tr("Known from {origin}", origin=tr(_ORIGINS[method.origin])))
    if method.offered is False:
        lines.append(tr("The server's reflection does not list it."))
    return "\n".join(lines)
