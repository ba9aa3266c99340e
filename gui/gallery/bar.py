"""Above the cards: the demo models in one press, search, filter, and the page's menu."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.gallery.scenes import CATEGORY_TITLES, Category
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.icons import tinted
from gui.widgets.language import byte_size, count, tr
from gui.widgets.menu_button import give_menu
from gui.widgets.segmented import Segmented
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_SMALL, Palette

_SEARCH = 200


@dataclass(frozen=True, slots=True)
class DemoState:
    """The demo models: how many there are and are there already, and bytes.

    `left` is what a press would fetch; of the `total` of all, `done` have come.
    """

    models: int = 0
    there: int = 0
    left: int = 0
    total: int = 0
    done: int = 0
    running: bool = False


class GalleryBar(QWidget):
    """Two rows, the second of which wraps where the window is narrow."""

    demo_wanted = Signal()
    cancel_wanted = Signal()
    done_with = Signal()
    """The button that had the focus has gone."""
    filtered = Signal()
    """`query` or `category` is another."""
    cards_wanted = Signal()
    """Down was pressed in the search."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._state = DemoState()
        self.demo = QPushButton()
        self.demo.clicked.connect(self._pressed)
        self.words = QLabel()
        self.words.setProperty("role", "muted")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self.bar.setAccessibleName(tr("Demo models"))
        self.menu = QMenu(self)
        self.more = QToolButton()
        self.more.setProperty("role", "flat")
        self.more.setAccessibleName(tr("More of the gallery"))
        self.more.setToolTip(tr("Mirror, install from a folder"))
        give_menu(self.more, self.menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a model"))
        self.search.setAccessibleName(tr("Find a model"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedSize(_SEARCH, CONTROL_HEIGHT)
        self.filter = Segmented(
            tr("Task"), tuple((c.value, tr(CATEGORY_TITLES[c]), "") for c in Category)
        )
        self.filter.set_value(Category.ALL)
        self._build()
        self.search.textChanged.connect(self.filtered)
        down = QShortcut(Qt.Key.Key_Down, self.search)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self.cards_wanted)
        self.filter.chosen.connect(self.filtered)
        self.set_palette_roles(palette)
        self.show_demo(self._state)

    @property
    def query(self) -> str:
        """What is searched for."""
        return self.search.text().strip().lower()

    @property
    def category(self) -> Category:
        """The task that is filtered for."""
        return Category(self.filter.value)

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """What Tab leads to, in this order."""
        return (self.demo, self.search, *map(self.filter.button, self.filter.values), self.more)

    def focus_search(self) -> None:
        """Keys go to the search; what stands there is replaced by what is typed."""
        self.search.setFocus(Qt.FocusReason.TabFocusReason)

    def clear(self) -> bool:
        """Show everything; whether that changes anything."""
        if not self.query and self.category is Category.ALL:
            return False
        self.search.clear()
        self.filter.choose(Category.ALL)
        return True

    def show_demo(self, state: DemoState) -> None:
        """How far the demo models are."""
        self._state = state
        complete = state.models > 0 and state.there == state.models
        focused = self.demo.hasFocus()
        self.demo.setVisible(state.models > 0 and not complete)
        if focused and complete:
            self.done_with.emit()
        text = tr("Cancel") if state.running else tr("Get the demo models")
        if text != self.demo.text():
            self.demo.setText(text)
            self.demo.setProperty("role", "" if state.running else "primary")
            self.demo.style().unpolish(self.demo)
            self.demo.style().polish(self.demo)
        self.words.setText(_demo_words(state))
        self.bar.setVisible(state.running)
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * state.done / state.total) if state.total else 0)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.more.setIcon(tinted("more", palette.color("text_muted")))

    def _build(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(GAP)
        first.addWidget(self.demo)
        first.addWidget(self.words, 1)
        first.addWidget(self.more)
        choices = QWidget()
        row = FlowLayout(choices, GAP, GAP)
        row.addWidget(self.search)
        row.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP_SMALL)
        column.addLayout(first)
        column.addWidget(self.bar)
        column.addWidget(choices)

    @Slot()
    def _pressed(self) -> None:
        (self.cancel_wanted if self._state.running else self.demo_wanted).emit()


def _demo_words(state: DemoState) -> str:
    if not state.models:
        return ""
    if state.there == state.models:
        return tr("The demo models are installed.")
    if state.running:
        return tr(
            "{there} of {models} models, {done} of {total}",
            there=state.there,
            models=state.models,
            done=byte_size(state.done),
            total=byte_size(state.total),
        )
    missing = count(state.models - state.there, "{n} model", "{n} models")
    return f"{missing}, {byte_size(state.left)}"
