"""File and folder dialogs in the window's own look where the system has none of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QDir, QFileInfo, QSize, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFileDialog, QHeaderView, QToolButton, QTreeView, QWidget

from gui.widgets.dialog_buttons import plain_buttons
from gui.widgets.icons import tinted
from gui.widgets.language import tr

_TOOLS = {
    "backButton": "back",
    "forwardButton": "forward",
    "toParentButton": "up",
    "newFolderButton": "new-folder",
    "listModeButton": "list",
    "detailModeButton": "details",
}
_SIDE = 26
_SIZE = QSize(800, 480)
_LAST_FOLDER = "lastFolder"
"""The property of the application that keeps it."""


def ask_file(
    window: QWidget, title: str, use: Callable[[str], object], kinds: str = ""
) -> QFileDialog:
    """Ask for a file; returns at once, `use` gets its path.

    `kinds` is a filter of Qt's, such as ``Models (*.onnx)``, beside which all files can be seen.
    """
    dialog = _made(window, title, QFileDialog.FileMode.ExistingFile, use)
    if kinds:
        dialog.setNameFilters([kinds, tr("All files (*)")])
    dialog.open()
    return dialog


def ask_folder(window: QWidget, title: str, use: Callable[[str], object]) -> QFileDialog:
    """Ask for a folder; returns at once, `use` gets its path."""
    dialog = _made(window, title, QFileDialog.FileMode.Directory, use)
    dialog.open()
    return dialog


def ask_new_file(
    window: QWidget, title: str, name: str, use: Callable[[str], object]
) -> QFileDialog:
    """Ask where to write a file that is called `name` at first; returns at once."""
    dialog = _made(window, title, QFileDialog.FileMode.AnyFile, use)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(name.rpartition(".")[2])
    dialog.selectFile(name)
    plain_buttons(dialog)  # saving has other answers
    dialog.open()
    return dialog


def _made(
    window: QWidget, title: str, mode: QFileDialog.FileMode, use: Callable[[str], object]
) -> QFileDialog:
    dialog = QFileDialog(window, title)
    dialog.setFileMode(mode)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, on=mode is QFileDialog.FileMode.Directory)
    _begin_where_it_was_left(dialog)
    dialog.fileSelected.connect(use)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    _dress(dialog)
    _widen(dialog)
    return dialog


def _begin_where_it_was_left(dialog: QFileDialog) -> None:
    """In the folder of the last choice, at first in the user's own.

    Qt's own dialog would begin each time where the program was started from.
    """
    app = QCoreApplication.instance()
    if app is None:
        return
    last = app.property(_LAST_FOLDER)
    dialog.setDirectory(str(last) if last and QDir(str(last)).exists() else QDir.homePath())

    def remember(path: str) -> None:
        chosen = QFileInfo(path)
        folder = chosen.filePath() if chosen.isDir() else chosen.path()
        app.setProperty(_LAST_FOLDER, folder)

    dialog.fileSelected.connect(remember)


def _widen(dialog: QFileDialog) -> None:
    """Sizes and dates of files are shown whole in Qt's own dialog, and names get the rest."""
    dialog.resize(_SIZE)
    files = dialog.findChild(QTreeView, "treeView")
    if files is None:
        return
    header = files.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)


def _dress(dialog: QFileDialog) -> None:
    """Our icons on the buttons of Qt's own dialog; a system's dialog has none of these."""
    color = dialog.palette().color(QPalette.ColorRole.WindowText)
    faint = dialog.palette().color(QPalette.ColorRole.Mid)
    for name, icon in _TOOLS.items():
        button = dialog.findChild(QToolButton, name)
        if button is not None:
            button.setIcon(tinted(icon, color, faint))
            button.setIconSize(QSize(16, 16))
            button.setStyleSheet("min-height: 0; padding: 0;")
            button.setFixedSize(_SIDE, _SIDE)
    plain_buttons(dialog)
