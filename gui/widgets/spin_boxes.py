"""Number fields whose text keeps the distance from the border that other fields have.

Style sheets give the text of a spin box none.
"""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox

from gui.widgets.theme import GAP_SMALL


class SpinBox(QSpinBox):
    """A field for whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        _indent(self)


class DoubleSpinBox(QDoubleSpinBox):
    """A field for numbers with a fraction."""

    def __init__(self) -> None:
        super().__init__()
        _indent(self)


def _indent(box: QAbstractSpinBox) -> None:
    edit = box.lineEdit()
    edit.setTextMargins(GAP_SMALL, 0, 0, 0)
