"""The gallery page: cards of well-known models, and all about the chosen one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from backend.gallery import GalleryList, traffic_of
from gui.gallery.bar import DemoState, GalleryBar
from gui.gallery.commands import gallery_commands
from gui.gallery.controller import GalleryController
from gui.gallery.details import DetailPane
from gui.gallery.downloads import OpenGallery
from gui.gallery.grid import CardGrid
from gui.gallery.item import THERE, UNDER_WAY, Action, Item
from gui.gallery.mirror_form import MirrorForm
from gui.gallery.notice_bar import OfflineBar
from gui.gallery.removals import UNDO_MS
from gui.gallery.scenes import Category, category_of
from gui.gallery.words import summary, task_title
from gui.state.models import RepositoryControl
from gui.widgets.file_dialogs import ask_folder
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE, Palette
from gui.workspace.commands import Command
from gui.workspace.pages import PageHost

_CARDS, _MESSAGE = range(2)


class GalleryPage(QObject):
    """A `Page`; downloads go on while another one is in front."""

    name = "gallery"
    icon = "gallery"

    def __init__(
        self,
        host: PageHost,
        repositories: RepositoryControl,
        open_gallery: OpenGallery,
        undo_ms: int = UNDO_MS,
    ) -> None:
        super().__init__()
        palette = host.palette_roles
        self._host = host
        self._open_gallery = open_gallery
        self.controller = GalleryController(host, repositories, open_gallery, undo_ms)
        self.bar = GalleryBar(palette)
        self.offline = OfflineBar(palette)
        self.grid = CardGrid(palette)
        self.pane = DetailPane(palette)
        self.message = QLabel()
        self._again = QPushButton(tr("Try again"))
        self._build()
        self._connect()

    # -- a page of the window ------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What its tab says."""
        return tr("Gallery")

    @property
    def widget(self) -> QWidget:
        """What is shown."""
        return self._widget

    def commands(self) -> Iterator[Command]:
        """What can be done on it."""
        yield from gallery_commands(self)

    def activated(self) -> None:
        """Look at the disk; what is typed is searched for."""
        self.controller.in_front = True
        self.controller.refresh()
        self.bar.focus_search()

    def deactivated(self) -> None:
        """Downloads go on, and say by themselves when they are done."""
        self.controller.in_front = False

    def escape(self) -> bool:
        """Show every model again."""
        return self.bar.clear()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (self.bar, self.offline, self.grid, self.pane):
            part.set_palette_roles(palette)

    def close(self) -> None:
        """End the downloads; what has come stays."""
        self.controller.close()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        cards = QWidget()
        row = QHBoxLayout(cards)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.grid, 1)
        row.addWidget(self.pane)
        self.message.setProperty("role", "muted")
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._again.hide()
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.setContentsMargins(4 * GAP, GAP_LARGE, 4 * GAP, GAP_LARGE)
        middle.setSpacing(GAP)
        middle.addStretch(1)
        middle.addWidget(self.message)
        middle.addWidget(self._again, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(cards)
        self._stack.addWidget(empty)
        self._widget = QWidget()
        self._widget.setObjectName("page")
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.bar, self.offline):
            column.addWidget(part)
        column.addWidget(self._stack, 1)
        self._say(tr("Reading the catalogue..."))

    def _connect(self) -> None:
        controller = self.controller
        controller.listed.connect(self._list)
        controller.changed.connect(self._change)
        controller.connection_changed.connect(self._show_connection)
        self.bar.demo_wanted.connect(self.get_demo)
        self.bar.cancel_wanted.connect(controller.cancel_all)
        self.bar.filtered.connect(self._filter)
        self.bar.done_with.connect(self.grid.focus_chosen)
        self.bar.cards_wanted.connect(self.grid.focus_chosen)
        self.grid.chosen.connect(self._choose)
        self.grid.acted.connect(self._act)
        self.grid.opened.connect(lambda _name: self.pane.focus_first())
        self.pane.acted.connect(self._act)
        self._again.clicked.connect(controller.refresh)
        self.offline.retry_wanted.connect(self.retry)
        self.offline.mirror_wanted.connect(self.ask_mirror)
        self.offline.folder_wanted.connect(self.ask_folder)
        self.bar.menu.addAction(tr("Mirror...")).triggered.connect(self.ask_mirror)
        self.bar.menu.addAction(tr("Install from folder...")).triggered.connect(self.ask_folder)

    # -- what the user wants -------------------------------------------------------------------

    @property
    def chosen(self) -> Item | None:
        """The model that is chosen."""
        return self.controller.items.get(self.grid.chosen_name)

    @Slot()
    def get_demo(self) -> None:
        """Get the demo models that are not there."""
        self.controller.get_all(
            tuple(item.name for item in self._demo_items if item.standing not in THERE)
        )

    @Slot()
    def retry(self) -> None:
        """Try everything again that failed or was cut off."""
        wanted = {Action.RETRY, Action.RESUME}
        items = self.controller.items.values()
        self.controller.get_all(tuple(i.name for i in items if wanted & set(i.actions)))

    @Slot()
    def ask_mirror(self) -> None:
        """Ask for the address of a mirror."""
        form = MirrorForm(
            self._widget.window(), self.controller.mirror, lambda m: self._open_gallery(m, None)
        )
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.accepted.connect(lambda: self._use_mirror(form.mirror))
        form.open()

    @Slot()
    def ask_folder(self) -> None:
        """Ask for a folder that holds models' files."""
        ask_folder(
            self._widget.window(),
            tr("Install from folder"),
            lambda folder: self.controller.install_from(Path(folder)),
        )

    def find(self) -> None:
        """Put the cursor into the search field."""
        self.bar.search.setFocus()
        self.bar.search.selectAll()

    def _use_mirror(self, mirror: str) -> None:
        store = self._host.store
        store.update(replace(store.current, mirror=mirror))

    @Slot(str, str)
    def _act(self, action: str, name: str) -> None:
        self.controller.act(Action(action), name)

    # -- what is shown -------------------------------------------------------------------------

    @Slot()
    def _list(self) -> None:
        """The catalogue was read, or could not be."""
        problem = self.controller.problem
        if problem is not None:
            self._say(str(problem), again=True)
            return
        self.grid.set_items(self.controller.items.values())
        self._order_tabs()
        self._filter()
        self._show_demo()
        if self.controller.in_front:
            self.bar.focus_search()

    def _order_tabs(self) -> None:
        """Tab goes through the bar, the cards and the pane, whenever they were made."""
        cards = [part for card in self.grid.cards.values() for part in card.tab_stops]
        for before, after in pairwise((*self.bar.tab_stops, *cards, *self.pane.tab_stops)):
            QWidget.setTabOrder(before, after)

    @Slot(str)
    def _change(self, name: str) -> None:
        item = self.controller.items[name]
        self.grid.show_item(item)
        if name == self.grid.chosen_name:
            self.pane.show_item(item)
        self._show_demo()

    @Slot(str)
    def _choose(self, _name: str) -> None:
        item = self.chosen
        if item is not None:
            self.pane.show_item(item)

    @Slot()
    def _filter(self) -> None:
        query, category = self.bar.query, self.bar.category
        items = self.controller.items.values()
        found = tuple(item.name for item in items if _fits(item, query, category))
        self.grid.show_only(found)
        if found:
            self._stack.setCurrentIndex(_CARDS)
        elif self.controller.items:
            self._say(tr("No model fits. Esc shows all of them."))

    def _say(self, text: str, *, again: bool = False) -> None:
        self.message.setText(text)
        self._again.setVisible(again)
        self._stack.setCurrentIndex(_MESSAGE)

    @Slot()
    def _show_connection(self) -> None:
        self.offline.show_error(self.controller.offline)

    @property
    def _demo_items(self) -> tuple[Item, ...]:
        items = self.controller.items.values()
        return tuple(item for item in items if GalleryList.DEMO in item.entry.lists)

    def _show_demo(self) -> None:
        items = self._demo_items
        missing = [item for item in items if item.standing not in THERE]
        self.bar.show_demo(
            DemoState(
                models=len(items),
                there=len(items) - len(missing),
                left=sum(max(0, traffic_of((item.entry,)) - item.row.saved) for item in missing),
                total=sum(item.entry.size for item in items),
                done=sum(map(_bytes_there, items)),
                running=any(item.standing in UNDER_WAY for item in missing),
            )
        )


def _fits(item: Item, query: str, category: Category) -> bool:
    entry = item.entry
    if category not in (Category.ALL, category_of(entry)):
        return False
    text = f"{entry.name} {entry.title} {summary(entry)} {task_title(entry.task)} {entry.licence}"
    return all(word in text.lower() for word in query.split())


def _bytes_there(item: Item) -> int:
    if item.standing in THERE:
        return item.entry.size
    return item.progress.total_received if item.progress is not None else item.row.saved
