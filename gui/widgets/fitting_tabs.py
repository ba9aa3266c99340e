"""Tabs of which those that have no room wait in a menu at the end of the row."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QTabBar, QTabWidget, QToolButton

from gui.widgets.language import tr
from gui.widgets.menu_button import give_menu


class FittingTabs(QTabWidget):
    """Every tab in the row has its whole title; the one on show is always in the row.

    Tabs are taken away and given back by `offer`, as their visibility is what fits.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar = _Bar()
        self._withheld: set[int] = set()
        self._fitting = False
        self.setTabBar(self._bar)
        self.setDocumentMode(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setUsesScrollButtons(False)
        self.more = QToolButton()
        self.more.setObjectName("moreTabs")
        self.more.setText(tr("More"))
        self.more.setToolTip(tr("Tabs that have no room here"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.more)
        self._menu.aboutToShow.connect(self._fill_menu)
        give_menu(self.more, self._menu)
        self.setCornerWidget(self.more)
        self.more.hide()
        self.currentChanged.connect(self._fit)

    def offer(self, index: int, *, offered: bool = True) -> None:
        """Whether there is such a tab at present."""
        if offered:
            self._withheld.discard(index)
        else:
            self._withheld.add(index)
        self._fit()

    def offers(self, index: int) -> bool:
        """Whether the tab can be chosen, in the row or in the menu."""
        return index not in self._withheld

    def setCurrentIndex(self, index: int) -> None:
        """Bring a tab to the front, from the menu too."""
        if self.offers(index):
            self.setTabVisible(index, True)  # noqa: FBT003 - Qt's signature
        super().setCurrentIndex(index)

    def rename(self, index: int, title: str) -> None:
        """Give a tab another title."""
        if title != self.tabText(index):
            self.setTabText(index, title)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many as have room now."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Another font has other widths."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def tabInserted(self, index: int) -> None:
        """One more to have room for."""
        super().tabInserted(index)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        if self._fitting:
            return
        self._fitting = True
        shown = self._fitting_of([i for i in range(self.count()) if self.offers(i)])
        for index in range(self.count()):
            self.setTabVisible(index, index in shown)
        self._bar.settle()
        self._fitting = False
        left = self._waiting()
        self.more.setVisible(bool(left))
        names = ", ".join(map(self.tabText, left))
        self.more.setAccessibleName(tr("More tabs: {names}", names=names) if left else "")

    def _fitting_of(self, offered: list[int]) -> list[int]:
        """The first that fit beside the button, and the one on show."""
        widths = {index: self._bar.tabSizeHint(index).width() for index in offered}
        if sum(widths.values()) <= self.width():
            return offered
        current = self.currentIndex()
        room = self.width() - self.more.sizeHint().width() - widths.get(current, 0)
        shown = {current} & set(offered)
        for index in offered:
            if index == current:
                continue
            room -= widths[index]
            if room < 0:
                break
            shown.add(index)
        return sorted(shown)

    def _waiting(self) -> list[int]:
        return [i for i in range(self.count()) if self.offers(i) and not self.isTabVisible(i)]

    @Slot()
    def _fill_menu(self) -> None:
        self._menu.clear()
        for index in self._waiting():
            action = self._menu.addAction(self.tabText(index))
            action.triggered.connect(partial(self.setCurrentIndex, index))


class _Bar(QTabBar):
    """A row that asks for no more than its narrowest form."""

    def settle(self) -> None:
        """Begin with the first tab again, where the row was scrolled before others left it."""
        self.resizeEvent(QResizeEvent(self.size(), self.size()))

    def minimumSizeHint(self) -> QSize:
        """That of a single tab; the others can be in the menu."""
        widest = max((self.tabSizeHint(i).width() for i in range(self.count())), default=0)
        return QSize(widest, super().minimumSizeHint().height())
