"""The row of page tabs and the pages under it, one of which is in front."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command, native_keys
from gui.workspace.pages import Page


class PageDeck(QWidget):
    """Pages in tabs; a single page needs no tabs and has none."""

    turned = Signal(str)
    """Name of the page that came to the front."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._pages: list[Page] = []
        self._front: Page | None = None
        self._tabs = QTabBar()
        self._tabs.setObjectName("pageTabs")
        self._tabs.setAccessibleName(tr("Pages"))
        self._tabs.setExpanding(False)
        self._tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tabs.hide()
        self._stack = QStackedWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tabs)
        column.addWidget(self._stack, 1)
        self._tabs.currentChanged.connect(self._turn_to)

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in the order of their tabs."""
        return tuple(self._pages)

    @property
    def front(self) -> str:
        """Name of the page on show, '' if there is none."""
        return self._front.name if self._front is not None else ""

    def escape(self) -> bool:
        """Esc for the page in front; whether it had a use for it."""
        return self._front is not None and self._front.escape()

    def add(self, page: Page) -> None:
        """One more page, the first of which is in front; raises ValueError for a name in use."""
        if any(other.name == page.name for other in self._pages):
            raise ValueError(f"There is a page named '{page.name}' already.")
        self._pages.append(page)
        self._stack.addWidget(page.widget)
        index = self._tabs.addTab(page.title)
        self._tabs.setTabToolTip(index, native_keys(f"Ctrl+{index + 1}"))
        self._tint()
        self._tabs.setVisible(len(self._pages) > 1)
        self._turn_to(self._tabs.currentIndex())

    def show_page(self, name: str) -> None:
        """Bring a page to the front; raises ValueError for one that is not there."""
        names = [page.name for page in self._pages]
        self._tabs.setCurrentIndex(names.index(name))

    def commands(self) -> Iterator[Command]:
        """One command for each page, and those of the pages, which bring theirs to the front."""
        if len(self._pages) > 1:
            for index, page in enumerate(self._pages):
                yield Command(
                    f"page.{page.name}",
                    tr("{page} page", page=page.title),
                    partial(self.show_page, page.name),
                    "View/pages",
                    (f"Ctrl+{index + 1}",),
                    checked=partial(self._is_front, page.name),
                )
        for page in self._pages:
            for command in page.commands():
                yield command.before(partial(self.show_page, page.name))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._tint()
        for page in self._pages:
            page.set_palette_roles(palette)

    def close_pages(self) -> None:
        """Close every page, the last one first."""
        for page in reversed(self._pages):
            page.close()

    def _is_front(self, name: str) -> bool:
        return self.front == name

    @Slot(int)
    def _turn_to(self, index: int) -> None:
        page = self._pages[index] if 0 <= index < len(self._pages) else None
        if page is self._front or page is None:
            return
        before, self._front = self._front, page
        if before is not None:
            before.deactivated()
        self._stack.setCurrentWidget(page.widget)
        self._tint()
        self.turned.emit(page.name)
        page.activated()

    def _tint(self) -> None:
        for index, page in enumerate(self._pages):
            role = "accent" if page is self._front else "text_muted"
            self._tabs.setTabIcon(index, tinted(page.icon, self._roles.color(role)))
