"""What the program is, and what it is made of."""

from __future__ import annotations

import platform

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.core.release import VERSION
from gui.shell.help.made_of import Package
from gui.widgets.dialog_buttons import close_only
from gui.widgets.icons import application_icon
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE

_SIZE = QSize(600, 480)
_ICON = 48


class AboutDialog(QDialog):
    """Version and licence, and a table of the packages."""

    def __init__(self, window: QWidget, packages: tuple[Package, ...]) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About Inferdeck"))
        icon = QLabel()
        icon.setPixmap(application_icon().pixmap(_ICON, _ICON))
        heading = QLabel(f"Inferdeck {VERSION}")
        heading.setProperty("role", "title")
        words = QLabel(
            tr(
                "An oscilloscope for model servers. Licence: MIT. Python {python}, Qt {qt}.",
                python=platform.python_version(),
                qt=qVersion(),
            )
        )
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        title = QVBoxLayout()
        title.addWidget(heading)
        title.addWidget(words)
        top = QHBoxLayout()
        top.setSpacing(GAP_LARGE)
        top.addWidget(icon)
        top.addLayout(title, 1)
        self.table = _table(packages)
        self._buttons = close_only(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self._buttons)
        self.resize(_SIZE)


def _table(packages: tuple[Package, ...]) -> QTreeWidget:
    table = QTreeWidget()
    table.setAccessibleName(tr("Packages"))
    table.setRootIsDecorated(False)
    table.setHeaderLabels([tr("Package"), tr("Version"), tr("Licence")])
    for package in packages:
        item = QTreeWidgetItem(table, [package.name, package.version, package.licence])
        item.setToolTip(2, package.licence)
    header = table.header()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    return table
