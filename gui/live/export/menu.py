"""The menu of the other mouse button on the picture and on plots."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from gui.live.export.controller import ExportController
from gui.widgets.language import tr


class ExportMenu(QObject):
    """Copies, saves, and saves the data of the view under the pointer."""

    def __init__(self, controller: ExportController) -> None:
        super().__init__(controller)
        self._controller = controller
        for view in controller.views:
            # Not by an event filter, which would run Python for every painting.
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(partial(self._open, view))

    def _open(self, view: QWidget, place: QPoint) -> None:
        self.menu_of(view).popup(view.mapToGlobal(place))

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
