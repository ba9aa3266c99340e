"""A field for every option of a recipe or decoder, made from what the option says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, get_args

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from backend.core.errors import UsageError
from backend.profiles.kinds import explanation
from backend.profiles.options import Option, options_of
from backend.profiles.tables import Table, made_of, table_of
from gui.widgets.language import tr
from gui.widgets.spin_boxes import SpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE

_INT_LIMIT = 2**31 - 1
_NUMBER_WIDTH = 96


class OptionFields(QWidget):
    """Edits one frozen dataclass; `value` reads it, and raises UsageError for what cannot be."""

    edited = Signal()

    def __init__(self, kind: type[Any], value: object | None = None) -> None:
        super().__init__()
        self._kind = kind
        self._fields: dict[str, tuple[Option, Callable[[], Any]]] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(GAP_LARGE)
        form.setVerticalSpacing(GAP)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        table = table_of(value) if value is not None else {}
        for option in options_of(kind):
            self._add(form, option, table.get(option.name, _plain_default(option)))

    @property
    def value(self) -> Any:
        """The dataclass as the fields have it; raises UsageError that names the option."""
        table: Table = {}
        for name, (option, read) in self._fields.items():
            value = read()
            if value is not None:
                table[name] = _as_number(option, value)
        return made_of(self._kind, table, "")

    def _add(self, form: QFormLayout, option: Option, value: Any) -> None:
        title = option.name.replace("_", " ").capitalize()
        inner = _dataclass_of(option.type)
        if inner is not None:
            group = _Optional(inner, value, title, option.help)
            group.edited.connect(self.edited)
            self._fields[option.name] = (option, group.table)
            form.addRow(group)
            return
        widget, read, changed = _editor(option, value)
        widget.setAccessibleName(title)
        widget.setToolTip(option.help)
        changed.connect(self._edited)
        self._fields[option.name] = (option, read)
        label = QLabel(title)
        label.setToolTip(option.help)
        form.addRow(label, widget)

    @Slot()
    def _edited(self) -> None:
        self.edited.emit()


class _Optional(QWidget):
    """A group of options that may be left out as a whole."""

    edited = Signal()

    def __init__(self, kind: type[Any], table: Mapping[str, Any] | None, title: str, tip: str):
        super().__init__()
        self._box = QCheckBox(title)
        self._box.setToolTip(tip)
        value = made_of(kind, dict(table), "") if table else None
        self._fields = OptionFields(kind, value)
        self._fields.setVisible(value is not None)
        self._box.setChecked(value is not None)
        self._box.toggled.connect(self._toggled)
        self._fields.edited.connect(self.edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._box)
        column.addWidget(self._fields)

    def table(self) -> Table | None:
        """The group's table, None where it is left out."""
        return table_of(self._fields.value) if self._box.isChecked() else None

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        self._fields.setVisible(on)
        self.edited.emit()


class KindFields(QWidget):
    """Which kind of recipe or decoder, in a word, and the options of that kind."""

    edited = Signal()
    rebuilt = Signal()
    """There are other fields now, which the focus would visit last of all."""

    def __init__(self, title: str, kinds: Mapping[str, type[Any]]) -> None:
        super().__init__()
        self._kinds = dict(kinds)
        self._options: OptionFields | None = None
        self.kind = QComboBox()
        self.kind.setAccessibleName(title)
        for word in kinds:
            self.kind.addItem(word.replace("_", " "), word)
        self._words = QLabel()
        self._words.setProperty("role", "muted")
        self._words.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._column.addWidget(self.kind)
        self._column.addWidget(self._words)
        self.kind.currentIndexChanged.connect(self._chosen)

    def show_value(self, value: object) -> None:
        """Show a recipe or decoder, without telling anyone."""
        word = next((w for w, kind in self._kinds.items() if kind is type(value)), "")
        blocked = self.kind.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        self.kind.setCurrentIndex(self.kind.findData(word))
        self.kind.blockSignals(blocked)
        self._show(type(value), value)

    @property
    def value(self) -> Any:
        """What the fields say; raises UsageError."""
        if self._options is None:
            raise UsageError(tr("Nothing was chosen."))
        return self._options.value

    def _show(self, kind: type[Any], value: object | None) -> None:
        if self._options is not None:
            self._column.removeWidget(self._options)
            self._options.hide()
            self._options.deleteLater()
        self._words.setText(explanation(kind).replace("``", ""))
        self._options = OptionFields(kind, value)
        self._options.edited.connect(self.edited)
        self._column.addWidget(self._options)
        self.rebuilt.emit()

    @Slot()
    def _chosen(self) -> None:
        self._show(self._kinds[str(self.kind.currentData())], None)
        self.edited.emit()


def _editor(option: Option, value: Any) -> tuple[QWidget, Callable[[], Any], Any]:
    """A widget, how it is read, and the signal that tells of a change."""
    if option.type is bool:
        check = QCheckBox()
        check.setChecked(bool(value))
        return check, check.isChecked, check.toggled
    if option.choices:
        box = QComboBox()
        for word in option.choices:
            box.addItem(str(word), str(word))
        box.setCurrentIndex(max(0, box.findData(str(value))))
        return box, box.currentData, box.currentIndexChanged
    if option.type is int:
        spin = SpinBox()
        low = -_INT_LIMIT if option.low is None else int(option.low)
        spin.setRange(low, _INT_LIMIT if option.high is None else int(option.high))
        if option.auto:
            spin.setSpecialValueText(tr("auto"))
        spin.setValue(int(value or 0))
        spin.setFixedSize(_NUMBER_WIDTH, CONTROL_HEIGHT)
        spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        return spin, spin.value, spin.valueChanged
    line = QLineEdit(_shown(value))
    return line, line.text, line.textEdited


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value)
    # A float's own text comes back as the very same number.
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _as_number(option: Option, value: Any) -> Any:
    """What a line of text stands for, by the option's type."""
    if not isinstance(value, str) or option.choices:
        return value
    if option.type is float:
        return _number(option, value, float)
    if option.type is str:
        return value.strip()
    parts = [part.strip() for part in value.split(",") if part.strip()]
    item = get_args(option.type)[:1]
    if item == (str,):
        return parts
    return [_number(option, part, item[0] if item else float) for part in parts]


def _number(option: Option, text: str, kind: Callable[[str], Any]) -> Any:
    try:
        return kind(text.strip())
    except ValueError:
        what = tr("a whole number") if kind is int else tr("a number")
        raise UsageError(
            tr("{option}: expected {what}, got '{text}'.", option=option.name, what=what, text=text)
        ) from None


def _plain_default(option: Option) -> Any:
    if option.default is dataclasses.MISSING:
        return ""
    default = option.default
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        return table_of(default)
    return list(default) if isinstance(default, tuple) else default


def _dataclass_of(hint: Any) -> type[Any] | None:
    """The dataclass in a hint such as ``LogMel | None``."""
    for part in get_args(hint):
        if isinstance(part, type) and dataclasses.is_dataclass(part):
            return part
    return None
