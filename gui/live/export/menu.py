"""The menu of the other mouse button on the picture and on plots."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu, QWidget

from gui.live.export.controller import ExportController
from gui.widgets.language import tr


class ExportMenu(QObject):
    """Copies, saves, and saves the data of the view under the pointer."""

    def __init__(self, controller: ExportController) -> None:
        super().__init__(controller)
        self._controller = controller
        for view in controller.views:
            view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open the menu where it is asked for."""
        if isinstance(event, QContextMenuEvent) and isinstance(watched, QWidget):
            menu = self.menu_of(watched)
            menu.popup(event.globalPos())
            return True
        return False

    def menu_of(self, view: QWidget) -> QMenu:
        """What can be done with a view."""
        controller = self._controller
        menu = QMenu(view)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(tr("Copy as a picture"), partial(controller.copy, view))
        menu.addAction(tr("Save as a picture..."), partial(controller.save, view))
        if controller.has_data(view):
            menu.addAction(tr("Save the data..."), partial(controller.save_data, view))
        return menu
