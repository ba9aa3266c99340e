"""A sheet with every key there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.widgets.dialog_sizes import open_as_large_as, room_for
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
    (marked("Leave the message of a request"), marked("Ctrl+Tab, Shift+Tab")),
)
_MARGINS = (3 * GAP, 2 * GAP, 3 * GAP, 3 * GAP)


class ShortcutSheet(QDialog):
    """Lists title and keys of every command that has keys, in two columns if the screen is wide."""

    def __init__(self, window: QWidget, commands: Iterable[Command]) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Shortcuts"))
        rows = [(c.title.rstrip("."), c.shortcut) for c in commands if c.keys]
        rows += [(tr(title), tr(keys)) for title, keys in PREVIEW_KEYS]
        keys = max((_keys(rows, columns) for columns in (1, 2)), key=self._how_well_it_fits)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(keys)
        wide = keys.sizeHint().width() + area.verticalScrollBar().sizeHint().width()
        area.setMinimumWidth(wide)
        heading = QLabel(tr("Shortcuts"))
        heading.setProperty("role", "title")
        column = QVBoxLayout(self)
        column.setContentsMargins(*_MARGINS)
        column.setSpacing(GAP_LARGE)
        column.addWidget(heading)
        column.addWidget(area, 1)
        high = heading.sizeHint().height() + GAP_LARGE + keys.sizeHint().height()
        left, top, right, bottom = _MARGINS
        open_as_large_as(self, QSize(left + wide + right, top + high + bottom))

    def _how_well_it_fits(self, keys: QWidget) -> int:
        """The wider the better, as long as the screen has room."""
        wide = keys.sizeHint().width() + 8 * GAP
        return wide if wide <= room_for(self).width() else -wide


def _keys(rows: Sequence[tuple[str, str]], columns: int) -> QWidget:
    content = QWidget()
    grid = QGridLayout(content)
    grid.setContentsMargins(0, 0, GAP, 0)
    grid.setHorizontalSpacing(GAP_LARGE)
    grid.setVerticalSpacing(GAP)
    high = -(-len(rows) // columns)
    for index, (title, keys) in enumerate(rows):
        column, row = divmod(index, high)
        key = QLabel(keys)
        key.setProperty("role", "muted")
        key.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(QLabel(title), row, 3 * column)
        grid.addWidget(key, row, 3 * column + 1)
    if columns > 1:
        grid.setColumnMinimumWidth(2, 2 * GAP_LARGE)
    return content
