"""Number fields whose text keeps the distance from the border that other fields have.

Style sheets give the text of a spin box none.
"""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox

from gui.widgets.theme import GAP_SMALL

_AROUND = 18 + 3 * GAP_SMALL + 4
"""Arrows, the distances of the text and the border."""


class SpinBox(QSpinBox):
    """A field for whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        _indent(self)

    def grow_from(self, least: int) -> None:
        """Be as wide as the number that is typed or shown, and at least so many points."""

        def fit(text: str) -> None:
            self.setFixedWidth(max(least, self.fontMetrics().horizontalAdvance(text) + _AROUND))

        self.textChanged.connect(fit)
        self.lineEdit().textEdited.connect(fit)
        fit(self.text())


class DoubleSpinBox(QDoubleSpinBox):
    """A field for numbers with a fraction."""

    def __init__(self) -> None:
        super().__init__()
        _indent(self)


def _indent(box: QAbstractSpinBox) -> None:
    edit = box.lineEdit()
    edit.setTextMargins(GAP_SMALL, 0, 0, 0)
