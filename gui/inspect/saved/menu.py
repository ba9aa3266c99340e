"""What can be done with a row of a collection, for a click with the right button and for More."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from gui.widgets.language import tr


class Act(StrEnum):
    """Something that is done with the chosen row, or with the collection."""

    OPEN = "open"
    RUN = "run"
    RUN_ALL = "run_all"
    CHECKS = "checks"
    EDIT = "edit"
    RENAME = "rename"
    DUPLICATE = "duplicate"
    DELETE = "delete"
    NEW_FOLDER = "new_folder"
    VARIABLES = "variables"
    NEW_ENVIRONMENT = "new_environment"
    COPY_PATH = "copy_path"


KEYS = {
    Act.EDIT: QKeySequence(Qt.Key.Key_F4),
    Act.RENAME: QKeySequence(Qt.Key.Key_F2),
    Act.DUPLICATE: QKeySequence(Qt.Modifier.CTRL | Qt.Key.Key_D),
    Act.DELETE: QKeySequence(Qt.Key.Key_Delete),
}
"""What does it while the rows have the focus."""
_OF_REQUEST = (
    Act.OPEN,
    Act.RUN,
    None,
    Act.CHECKS,
    Act.EDIT,
    Act.RENAME,
    Act.DUPLICATE,
    Act.DELETE,
    None,
)
_OF_FOLDER = (Act.RUN, None, Act.RENAME, Act.DELETE, None)
_OF_COLLECTION = (
    Act.RUN_ALL,
    Act.NEW_FOLDER,
    None,
    Act.VARIABLES,
    Act.NEW_ENVIRONMENT,
    None,
    Act.COPY_PATH,
)


def fill_menu(menu: QMenu, wanted: SignalInstance, *, request: bool, folder: bool) -> None:
    """Put in what can be done with a request, a folder, or neither; `wanted` tells the Act."""
    menu.clear()
    of_row = _OF_REQUEST if request else _OF_FOLDER if folder else ()
    for act in (*of_row, *_OF_COLLECTION):
        if act is None:
            menu.addSeparator()
            continue
        action = menu.addAction(_title(act))
        if act in KEYS:  # which only tells: the rows take their keys themselves
            action.setShortcut(KEYS[act])
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _=False, act=act: wanted.emit(act))


def _title(act: Act) -> str:
    titles = {
        Act.OPEN: tr("Open"),
        Act.RUN: tr("Run chosen"),
        Act.RUN_ALL: tr("Run all"),
        Act.CHECKS: tr("Checks..."),
        Act.EDIT: tr("Edit as text..."),
        Act.RENAME: tr("Rename..."),
        Act.DUPLICATE: tr("Duplicate"),
        Act.DELETE: tr("Delete"),
        Act.NEW_FOLDER: tr("New folder..."),
        Act.VARIABLES: tr("Variables..."),
        Act.NEW_ENVIRONMENT: tr("New environment..."),
        Act.COPY_PATH: tr("Copy path"),
    }
    return titles[act]
