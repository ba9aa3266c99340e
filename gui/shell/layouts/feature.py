"""Named layouts of the live page as a part of the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Slot

from gui.live import LivePage
from gui.shell.layouts.form import LayoutsForm
from gui.shell.page_deck import PageDeck
from gui.widgets.language import tr
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace
from gui.workspace.layouts import LayoutStore


class LayoutsFeature(Feature):
    """Chooses, saves and deletes layouts."""

    def __init__(
        self, workspace: Workspace, store: LayoutStore, page: LivePage, deck: PageDeck
    ) -> None:
        self._workspace = workspace
        self.store = store
        self._page = page
        self._deck = deck

    def commands(self) -> Iterator[Command]:
        """The form."""
        yield Command(
            "layouts.open",
            tr("Layouts..."),
            self.open,
            "Panels/layout",
            aliases="perspective save load",
        )

    def palette_entries(self) -> Iterator[Command]:
        """Every layout there is."""
        for name in (*self._page.built_in_layouts(), *self.store.names()):
            yield Command(
                f"layout.use.{name}",
                tr("Layout: {name}", name=name),
                partial(self.use, name),
                aliases="use perspective panels",
            )

    @Slot()
    def open(self) -> None:
        """Choose, save or delete a layout of the panels."""
        window, built_in = self._workspace.window, self._page.built_in_layouts()
        LayoutsForm(window, built_in, self.store, self.use, self.save).open()

    def use(self, name: str) -> None:
        """Put page and panels as a layout has them; raises KeyError for one that is not there."""
        front = self._page.name
        if name in self._page.built_in_layouts():
            self._page.use_built_in(name)
        else:
            layout = self.store.get(name)
            self._page.use_layout(layout)
            # A page of another version of the program may not be here.
            there = {page.name for page in self._deck.pages}
            front = layout.page if layout.page in there else front
        self._workspace.navigator.show_page(front)

    def save(self, name: str) -> None:
        """Keep the page in front, the panels and the picture as they are, under a name."""
        self.store.save(replace(self._page.layout_now(name), page=self._deck.front))
