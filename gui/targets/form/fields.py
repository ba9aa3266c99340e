"""The fields that the form of a target is made of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QLineEdit, QToolButton

from gui.widgets.spin_boxes import DoubleSpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE

_FIELD = 260


def rows() -> QFormLayout:
    """Rows of a caption and a field that takes the room that is left."""
    form = QFormLayout()
    form.setHorizontalSpacing(GAP_LARGE)
    form.setVerticalSpacing(GAP)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def tab_rows() -> QFormLayout:
    """Rows with the margins of a tab."""
    form = rows()
    form.setContentsMargins(GAP, GAP_LARGE, GAP, GAP)
    return form


def line(name: str, placeholder: str) -> QLineEdit:
    """A line of text."""
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(placeholder)
    field.setMinimumWidth(_FIELD)
    return field


def choice(name: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
    """One of several values, each with its text."""
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in choices:
        box.addItem(text, value)
    return box


def seconds(low: float, high: float) -> QDoubleSpinBox:
    """Seconds, to a tenth."""
    box = DoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSuffix(" s")
    return box


def small_button(name: str, tip: str, width: int = CONTROL_HEIGHT) -> QToolButton:
    """A button with nothing but an icon."""
    button = QToolButton()
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setFixedSize(width, CONTROL_HEIGHT)
    button.setStyleSheet("padding: 0; min-height: 0;")
    return button
