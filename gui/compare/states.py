"""What the page shows in place of a result: what could be asked, or why there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.widgets.selectable_label import SelectableLabel
from gui.widgets.theme import GAP, GAP_LARGE

_WIDTH = 560


class Statement(QWidget):
    """A title over some lines, in the middle; they can be selected, for a report."""

    def __init__(self) -> None:
        super().__init__()
        self.title = _label("title")
        self.lines = _label("muted")
        column = QVBoxLayout()
        column.setSpacing(GAP)
        column.addStretch(1)
        for part in (self.title, self.lines):
            column.addWidget(part)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP)
        row.addStretch(1)
        row.addLayout(column)
        row.addStretch(1)

    def say(self, title: str, *lines: str) -> None:
        """Show these."""
        self.title.setText(title)
        self.lines.setText("\n".join(lines))


def _label(role: str) -> QLabel:
    label = SelectableLabel(role)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setFixedWidth(_WIDTH)
    return label
