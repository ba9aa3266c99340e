"""A sheet with every key there is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from gui.widgets.language import marked, tr
from gui.widgets.theme import GAP, GAP_LARGE
from gui.workspace.commands import Command

PREVIEW_KEYS = (
    (marked("Boxes on and off (preview focused)"), marked("B")),
    (marked("Masks on and off (preview focused)"), marked("M")),
    (marked("Key points on and off (preview focused)"), marked("K")),
    (marked("Labels on and off (preview focused)"), marked("L")),
    (marked("Exact pixels"), marked("Double-click")),
    (marked("Freeze, or show all of the time (plot focused)"), marked("F, R")),
    (marked("Place a cursor (plot focused)"), marked("A, B, Ctrl+click")),
    (marked("Move or remove a cursor (plot focused)"), marked("Arrow keys, Esc")),
    (marked("Trigger (plot focused)"), marked("T")),
)
_COLUMNS = 2


class ShortcutSheet(QDialog):
    """Lists title and keys of every command that has keys, in two columns."""

    def __init__(self, window: QWidget, commands: Iterable[Command]) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Shortcuts"))
        rows = [(c.title.rstrip("."), c.shortcut) for c in commands if c.keys]
        rows += [(tr(title), tr(keys)) for title, keys in PREVIEW_KEYS]
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP_LARGE)
        grid.setVerticalSpacing(GAP)
        half = (len(rows) + 1) // _COLUMNS
        for index, (title, keys) in enumerate(rows):
            column, row = divmod(index, half)
            key = QLabel(keys)
            key.setProperty("role", "muted")
            key.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(QLabel(title), row, 3 * column)
            grid.addWidget(key, row, 3 * column + 1)
        grid.setColumnMinimumWidth(2, 2 * GAP_LARGE)
        heading = QLabel(tr("Shortcuts"))
        heading.setProperty("role", "title")
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(3 * GAP, 2 * GAP, 3 * GAP, 3 * GAP)
        column_layout.setSpacing(GAP_LARGE)
        column_layout.addWidget(heading)
        column_layout.addLayout(grid)
