"""The cards in columns that fill the width; arrow keys go from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from gui.gallery.card import NARROWEST, Card
from gui.gallery.item import Item
from gui.widgets.language import tr
from gui.widgets.theme import GAP, Palette


class CardGrid(QScrollArea):
    """Shows the cards that the filter lets through; one of them is chosen."""

    chosen = Signal(str)
    """The name of the model that was chosen."""
    acted = Signal(str, str)
    """An Action, and the name of its model."""
    opened = Signal(str)
    """Enter on a card: go on in the pane."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._cards: dict[str, Card] = {}
        self._shown: tuple[str, ...] = ()
        self._chosen = ""
        self._board = _Board()
        self._board.setAccessibleName(tr("Models"))
        self.setWidget(self._board)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def cards(self) -> Mapping[str, Card]:
        """All cards by the names of their models."""
        return self._cards

    @property
    def shown(self) -> tuple[str, ...]:
        """The models whose cards can be seen, in order."""
        return self._shown

    @property
    def chosen_name(self) -> str:
        """The model that is chosen, '' if there is none."""
        return self._chosen

    def set_items(self, items: Iterable[Item]) -> None:
        """Make the cards anew."""
        for card in self._cards.values():
            card.deleteLater()
        self._cards = {item.name: self._card(item) for item in items}
        self.show_only(tuple(self._cards))

    def show_item(self, item: Item) -> None:
        """One model stands otherwise now."""
        if item.name in self._cards:
            self._cards[item.name].show_item(item)

    def show_only(self, names: tuple[str, ...]) -> None:
        """Show the cards of these models, in the order of the cards."""
        self._shown = tuple(name for name in self._cards if name in names)
        for name, card in self._cards.items():
            card.setVisible(name in self._shown)
        self._board.arrange([self._cards[name] for name in self._shown])
        if self._chosen not in self._shown and self._shown:
            self.choose(self._shown[0])

    @Slot(str)
    def choose(self, name: str) -> None:
        """Choose a model by its name."""
        if name not in self._cards:
            return
        if name != self._chosen:
            if self._chosen in self._cards:
                self._cards[self._chosen].set_chosen(on=False)
            self._chosen = name
            self._cards[name].set_chosen(on=True)
            self.chosen.emit(name)
        self.ensureWidgetVisible(self._cards[name], 0, GAP)

    def focus_chosen(self) -> None:
        """Put the focus on the chosen card."""
        if self._chosen in self._cards:
            self._cards[self._chosen].picture.setFocus(Qt.FocusReason.TabFocusReason)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        for card in self._cards.values():
            card.set_palette_roles(palette)

    def _card(self, item: Item) -> Card:
        card = Card(item, self._roles)
        card.setParent(self._board)
        card.chosen.connect(partial(self.choose, item.name))
        card.picture.opened.connect(partial(self._open, item.name))
        card.picture.moved.connect(self._move)
        card.acted.connect(partial(self._act, item.name))
        return card

    def _open(self, name: str) -> None:
        self.opened.emit(name)

    def _act(self, name: str, action: str) -> None:
        self.acted.emit(action, name)

    @Slot(int)
    def _move(self, key: int) -> None:
        if not self._shown:
            return
        at = self._shown.index(self._chosen) if self._chosen in self._shown else 0
        last, columns = len(self._shown) - 1, self._board.columns
        to = {
            Qt.Key.Key_Left: at - 1,
            Qt.Key.Key_Right: at + 1,
            Qt.Key.Key_Up: at - columns,
            Qt.Key.Key_Down: at + columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }[Qt.Key(key)]
        if 0 <= to <= last:
            self.choose(self._shown[to])
            self.focus_chosen()


class _Board(QWidget):
    """Places cards of one size in as many columns as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self._placed: list[Card] = []
        self.columns = 1

    def arrange(self, cards: list[Card]) -> None:
        """Place these cards, in this order."""
        self._placed = cards
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer columns."""
        super().resizeEvent(event)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """One card beside its margins."""
        return QSize(NARROWEST + 2 * GAP, self._height())

    def sizeHint(self) -> QSize:
        """As high as all rows."""
        return QSize(self.width(), self._height())

    def _height(self) -> int:
        rows = -(-len(self._placed) // self.columns)
        return rows * (self._card_height() + GAP) + GAP

    def _card_height(self) -> int:
        return max((card.sizeHint().height() for card in self._placed), default=0)

    def _place(self) -> None:
        room = self.width() - GAP
        self.columns = max(1, room // (NARROWEST + GAP))
        wide, high = room // self.columns - GAP, self._card_height()
        for index, card in enumerate(self._placed):
            row, column = divmod(index, self.columns)
            card.setGeometry(GAP + column * (wide + GAP), GAP + row * (high + GAP), wide, high)
        self.updateGeometry()
        self.setMinimumHeight(self._height())
