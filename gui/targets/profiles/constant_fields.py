"""Inputs that are the same in every request: their values as JSON, more of them, and fewer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from backend.core.errors import UsageError
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.inputs.constants import ConstantInput
from backend.profiles.tables import made_of
from gui.widgets.language import tr
from gui.widgets.theme import CONTROL_HEIGHT, GAP

_SHAPE_WIDTH = 88
_CHOICE_WIDTH = 220


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    datatype: Datatype
    shape: QLineEdit
    values: QLineEdit
    parts: tuple[QWidget, ...]

    def read(self) -> ConstantInput:
        text = self.values.text().strip()
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        except RecursionError:
            raise UsageError(tr("{name} is nested too deeply.", name=self.name)) from None
        sizes = [part for part in self.shape.text().replace("x", ",").split(",") if part.strip()]
        if not all(size.strip().isascii() and size.strip().isdigit() for size in sizes):
            raise UsageError(
                tr(
                    "The shape of {name} is such as 1, 3; got '{text}'.",
                    name=self.name,
                    text=self.shape.text(),
                )
            )
        return made_of(  # type: ignore[no-any-return]
            ConstantInput,
            {
                "name": self.name,
                "datatype": self.datatype.value,
                "shape": [int(size) for size in sizes],
                "values": value if isinstance(value, list) else [value],
            },
            self.name,
        )


class ConstantFields(QWidget):
    """Edits the constant inputs of a profile; any other input of the model can become one."""

    edited = Signal()
    rebuilt = Signal()
    """There are other rows now."""

    def __init__(self) -> None:
        super().__init__()
        self._inputs: tuple[TensorSpec, ...] = ()
        self._rows: list[_Row] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(GAP)
        self._grid.setColumnStretch(2, 1)
        self.more = QComboBox()
        self.more.setAccessibleName(tr("Add a constant input"))
        self.more.setFixedHeight(CONTROL_HEIGHT)
        self.more.setMinimumWidth(_CHOICE_WIDTH)
        self.more.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.more.activated.connect(self._add_chosen)
        line = QHBoxLayout()
        line.addWidget(self.more)
        line.addStretch(1)
        self._last = line

    @property
    def value(self) -> tuple[ConstantInput, ...]:
        """What the rows say; raises UsageError that names the input."""
        return tuple(row.read() for row in self._rows)

    def show_value(self, constants: Sequence[ConstantInput], inputs: Sequence[TensorSpec]) -> None:
        """The constants of a profile, and the inputs of the model that could be some."""
        self._inputs = tuple(inputs)
        for row in self._rows:
            self._take_out(row)
        self._rows = []
        for constant in constants:
            self._add(constant)
        self._place()

    def fields(self) -> list[QWidget]:
        """What the focus visits, from the top."""
        rows = [part for row in self._rows for part in row.parts[1:]]
        return [*rows, self.more]

    def _add(self, constant: ConstantInput) -> None:
        name = constant.name
        title = QLabel(f"{name}  {constant.datatype}")
        shape = QLineEdit(", ".join(map(str, constant.shape)))
        shape.setAccessibleName(tr("Shape of {name}", name=name))
        shape.setToolTip(tr("Its shape, such as 1, 3"))
        shape.setFixedWidth(_SHAPE_WIDTH)
        listed = list(constant.values)
        values = QLineEdit(
            json.dumps(listed[0] if len(listed) == 1 else listed, ensure_ascii=False)
        )
        values.setAccessibleName(name)
        values.setToolTip(tr("One value for all elements, or a list with one for each"))
        drop = QToolButton()
        drop.setText("\u00d7")
        drop.setFixedSize(CONTROL_HEIGHT, CONTROL_HEIGHT)
        drop.setAccessibleName(tr("No constant: {name}", name=name))
        drop.setToolTip(tr("Send it as a constant no longer"))
        row = _Row(name, constant.datatype, shape, values, (title, shape, values, drop))
        for line in (shape, values):
            line.textEdited.connect(self.edited)
        drop.clicked.connect(lambda: self._drop(row))
        self._rows.append(row)

    def _place(self) -> None:
        for index, row in enumerate(self._rows):
            for column, part in enumerate(row.parts):
                self._grid.addWidget(part, index, column)
        self._grid.removeItem(self._last)
        self._grid.addLayout(self._last, len(self._rows), 0, 1, 4)
        taken = {row.name for row in self._rows}
        self.more.clear()
        self.more.addItem(tr("Add a constant input..."))
        for spec in self._inputs:
            if spec.name not in taken:
                self.more.addItem(f"{spec.name}  {spec.datatype}  {list(spec.shape)}", spec)
        self.more.setVisible(self.more.count() > 1)
        self.rebuilt.emit()

    @Slot(int)
    def _add_chosen(self, index: int) -> None:
        spec = self.more.itemData(index)
        if isinstance(spec, TensorSpec):
            first = "" if spec.datatype is Datatype.BYTES else 0
            shape = tuple(1 if size < 0 else size for size in spec.shape)
            self._add(ConstantInput(spec.name, spec.datatype, shape, (first,)))
            self._place()
            self._rows[-1].values.setFocus()
            self._rows[-1].values.selectAll()
            self.edited.emit()

    def _drop(self, row: _Row) -> None:
        self._take_out(row)
        self._rows.remove(row)
        self._place()
        self.more.setFocus()
        self.edited.emit()

    def _take_out(self, row: _Row) -> None:
        for part in row.parts:
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()
