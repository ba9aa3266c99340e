"""What came back: how it ended, and the reply in all its forms."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from backend.inspector.calls import Exchange
from backend.inspector.views import Reading
from gui.inspect.highlighter import JsonHighlighter
from gui.inspect.reply.comparison import Comparison
from gui.inspect.reply.diff_view import DiffView
from gui.inspect.reply.feed import FeedView
from gui.inspect.reply.hex_view import HexView
from gui.inspect.reply.status_line import StatusLine
from gui.inspect.reply.summary_view import SummaryView
from gui.inspect.reply.tree_model import TreeView
from gui.inspect.reply.waterfall import Waterfall
from gui.inspect.text_editor import TextEditor
from gui.views.class_hues import ClassHues
from gui.views.messages import EmptyMessage, MessageKind, draw_message
from gui.views.view import View
from gui.widgets.fitting_tabs import FittingTabs
from gui.widgets.header_rows import HeaderRows
from gui.widgets.language import byte_size, tr
from gui.widgets.theme import GAP, GAP_LARGE, Palette

_TEXT_SHOWN = 1024 * 1024
"""More of it would hold the window up; the whole can be saved."""


class ReplyPane(QWidget):
    """Status on top; tabs Summary, Tree, Text, Hex, Headers, Timing, and Messages for streams."""

    picked = Signal(object)
    """The StreamEvent of a message that was chosen."""

    def __init__(self, palette: Palette, empty: View, hues: ClassHues) -> None:
        super().__init__()
        self.status = StatusLine(palette)
        self.summary = SummaryView(palette, hues)
        self.tree = TreeView(palette)
        self._no_tree = _note(GAP)
        tree = _stacked(self.tree, self._no_tree)
        self._tree_pages = tree
        self.text = TextEditor(
            tr("Reply as text"), palette, read_only=True, colours=JsonHighlighter
        )
        self._text_note = _note(0)
        self.hex = HexView(palette=palette)
        self.headers = HeaderRows(tr("Headers of the reply"), editable=False)
        self.waterfall = Waterfall(palette=palette)
        self.feed = FeedView(palette)
        self.feed.picked.connect(self.picked)
        timing = QScrollArea()
        timing.setWidgetResizable(True)
        timing.setWidget(self.waterfall)
        text = QWidget()
        column = QVBoxLayout(text)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._text_note)
        column.addWidget(self.text, 1)
        self.tabs = FittingTabs()
        for widget, title in (
            (self.feed, tr("Messages")),
            (self.summary, tr("Summary")),
            (tree, tr("Tree")),
            (text, tr("Text")),
            (self.hex, tr("Hex")),
            (self.headers, tr("Headers")),
            (timing, tr("Timing")),
        ):
            self.tabs.addTab(widget, title)
        self._reading: Reading | None = None
        self._empty = empty
        self.diff = DiffView(palette)
        self.diff.closed.connect(self._leave_diff)
        self._pages = _stacked(empty, self.tabs, self.diff)
        self._top = QWidget()
        head = QVBoxLayout(self._top)
        head.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, 0)
        head.addWidget(self.status)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, GAP)
        column.setSpacing(GAP)
        column.addWidget(self._top)
        column.addWidget(self._pages, 1)
        self.tabs.currentChanged.connect(self._fill)
        self.show_nothing()

    def show_nothing(self) -> None:
        """Before the first reply."""
        self.status.show_nothing()
        self._top.hide()
        self._pages.setCurrentWidget(self._empty)

    def begin(self, *, streams: bool) -> None:
        """A call begins: forget the one before."""
        self._top.show()
        self.feed.clear()
        self.tabs.offer(0, offered=streams)
        self.tabs.rename(0, tr("Messages"))
        self.headers.show_headers(())
        self.tabs.rename(5, tr("Headers"))
        self.waterfall.show_exchange(None)
        self._reading = None
        self.summary.clear()
        self._fill()
        if streams or self._pages.currentWidget() is self.diff:
            self._pages.setCurrentWidget(self.tabs)
        if streams:
            self.tabs.setCurrentIndex(0)
        elif self.tabs.currentIndex() == 0:
            self.tabs.setCurrentIndex(1)

    def show_exchange(self, exchange: Exchange) -> None:
        """How a call ended."""
        self.status.show_exchange(exchange)
        both = (*exchange.headers, *exchange.trailers)
        self.headers.show_headers(both)
        self.tabs.rename(5, f"{tr('Headers')} ({len(both)})" if both else tr("Headers"))
        self.waterfall.show_exchange(exchange)
        self._top.show()
        self._pages.setCurrentWidget(self.tabs)

    def show_reading(self, reading: Reading) -> None:
        """A message in all its forms; each tab is filled when it is looked at."""
        self._reading = reading
        self.summary.show_reading(reading)
        self._fill()

    def show_comparison(self, comparison: Comparison) -> None:
        """How two replies differ, in the place of the reply."""
        self.diff.show_comparison(comparison)
        self._top.hide()
        self._pages.setCurrentWidget(self.diff)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (
            self.status,
            self.summary,
            self.tree.rows,
            self.text,
            self.hex,
            self.waterfall,
            self.feed.rows,
            self.diff,
            self._empty,
        ):
            part.set_palette_roles(palette)

    @Slot()
    def _leave_diff(self) -> None:
        if self._reading is None:
            self.show_nothing()
        else:
            self._top.show()
            self._pages.setCurrentWidget(self.tabs)

    @Slot()
    def _fill(self) -> None:
        """Bring the tab on show up to date."""
        reading = self._reading
        match self.tabs.currentIndex():
            case 2:
                self._fill_tree(reading)
            case 3:
                self._fill_text(reading)
            case 4:
                self.hex.show_bytes(reading.body if reading else b"")

    def _fill_tree(self, reading: Reading | None) -> None:
        node = reading.tree if reading else None
        self.tree.show_node(node)
        self._no_tree.setText((reading.no_tree if reading else "") or tr("No message yet."))
        self._tree_pages.setCurrentWidget(self.tree if node else self._no_tree)

    def _fill_text(self, reading: Reading | None) -> None:
        text = reading.text if reading else None
        note = text.note if text else tr("No message yet.")
        words = text.text if text else ""
        if len(words) > _TEXT_SHOWN:
            note = tr(
                "The first {shown} of {whole}; save the reply to see all of it.",
                shown=byte_size(_TEXT_SHOWN),
                whole=byte_size(len(reading.body) if reading else 0),
            )
            words = words[:_TEXT_SHOWN]
        self._text_note.setText(note)
        self._text_note.setVisible(bool(note))
        self.text.setPlainText(words)


class EmptyReply(View):
    """What the reply's place shows before there is one."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(tr("No reply yet"), palette=palette)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The keys that matter, large."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.roles.color("surface"))
        hint = tr(
            "Ctrl+Enter sends   \u00b7   Ctrl+F finds a method   \u00b7   Ctrl+Shift+H history"
        )
        words = EmptyMessage(tr("Send to see the reply"), _unbroken(hint), MessageKind.EMPTY)
        draw_message(painter, QRectF(self.rect()), words, self.roles, self.font())


def _unbroken(text: str) -> str:
    """The text, to be broken between its parts only."""
    between = "   \u00b7   "
    return between.join(part.replace(" ", "\u00a0") for part in text.split(between))


def _note(below: int) -> QLabel:
    """A muted line of text, with so many points of room below."""
    label = QLabel()
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, below)
    return label


def _stacked(*pages: QWidget) -> QStackedWidget:
    stack = QStackedWidget()
    for page in pages:
        stack.addWidget(page)
    return stack
