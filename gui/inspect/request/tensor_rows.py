"""The form of an inference: one row for each input, with its shape and what it is filled with."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from backend.core.samples import MediaKind
from backend.inspector.forms import FROM_FILES, Fill, FillKind, InputRow, TensorForm, fitting
from gui.inspect.request.fill_words import FILE_FILTERS, FILLS, PLACEHOLDERS, TIPS
from gui.widgets.file_dialogs import ask_file
from gui.widgets.language import byte_size, tr
from gui.widgets.spin_boxes import SpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE, GAP_SMALL

_INPUT = re.compile(r"\binput '([^']*)'")
_HIGHEST_SEED = 2**31 - 1


class TensorRows(QScrollArea):
    """Edits a TensorForm; `edited` carries the form after every change."""

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Inputs"))
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._form: TensorForm | None = None
        self._rows: list[_RowEditor] = []
        self._message = QLabel()
        self._message.setProperty("role", "muted")
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._inner = QWidget()
        self._inner.setObjectName("panel")
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(0, 0, GAP, 0)
        self._column.setSpacing(GAP_LARGE)
        self._column.addWidget(self._message)
        self._column.addStretch(1)
        self.setWidget(self._inner)
        self.say(tr("Choose a model to see its inputs."))

    @property
    def form(self) -> TensorForm | None:
        """The form as it stands."""
        return self._form

    @property
    def sentence(self) -> str:
        """The text in the place of the rows, '' if there are rows."""
        return self._message.text() if self._form is None else ""

    def say(self, text: str) -> None:
        """A text in the place of the rows."""
        self._clear()
        self._form = None
        self._message.setText(text)
        self._message.show()

    def show_form(self, form: TensorForm) -> None:
        """Show a form's rows."""
        self._clear()
        self._form = form
        self._message.setVisible(not form.rows)
        if not form.rows:
            self._message.setText(tr("'{model}' declares no inputs.", model=form.model))
        for row in form.rows:
            editor = _RowEditor(row, form.media)
            editor.edited.connect(self._edited)
            self._rows.append(editor)
            self._column.insertWidget(self._column.count() - 1, editor)

    def fields(self) -> list[QWidget]:
        """Everything that can have the focus, from the top."""
        return [
            field
            for editor in self._rows
            for field in editor.findChildren(QWidget)
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus and field.window() is self.window()
        ]

    def blame(self, text: str) -> bool:
        """Say what is wrong with an input beside its row, '' for nothing; False if it has none."""
        found = _INPUT.search(text)
        name = found[1] if found else ""
        for editor in self._rows:
            editor.blame(text if editor.row.spec.name == name else "")
        return any(editor.row.spec.name == name for editor in self._rows)

    def _clear(self) -> None:
        for editor in self._rows:
            self._column.removeWidget(editor)
            editor.deleteLater()
        self._rows = []

    @Slot(object)
    def _edited(self, row: InputRow) -> None:
        if self._form is None:
            return
        rows = tuple(
            row if other.spec.name == row.spec.name else other for other in self._form.rows
        )
        self._form = replace(self._form, rows=rows)
        self.edited.emit(self._form)


class _RowEditor(QWidget):
    """One input: what it is called on top, shape and filling under it, what is wrong below."""

    edited = Signal(object)

    def __init__(self, row: InputRow, media: MediaKind | None) -> None:
        super().__init__()
        self.row = row
        self._blamed = ""
        self._wrong = QLabel()
        self._wrong.setProperty("role", "error")
        self._wrong.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_SMALL)
        column.addLayout(self._head(row))
        column.addLayout(self._body(row, media))
        column.addWidget(self._wrong)
        self._sent.toggled.connect(self._sent_changed)
        self._shape.changed.connect(self._shape_changed)
        self._kind.currentIndexChanged.connect(self._kind_changed)
        self._detail.changed.connect(self._fill_changed)
        self.refresh()

    def _head(self, row: InputRow) -> QHBoxLayout:
        spec = row.spec
        self._sent = QCheckBox(spec.name)
        self._sent.setChecked(row.sent)
        self._sent.setEnabled(spec.optional)
        self._sent.setToolTip(
            tr("Send this optional input") if spec.optional else tr("The model needs this input")
        )
        self._sent.setVisible(spec.optional)
        name = QLabel(spec.name)
        name.setProperty("role", "title")
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setVisible(not spec.optional)
        self._type = QLabel(f"{spec.datatype} {list(spec.shape)}")
        self._type.setProperty("role", "muted")
        self._size = QLabel()
        self._size.setProperty("role", "muted")
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._sent)
        head.addWidget(name)
        head.addWidget(self._type)
        head.addStretch(1)
        head.addWidget(self._size)
        return head

    def _body(self, row: InputRow, media: MediaKind | None) -> QGridLayout:
        name = row.spec.name
        self._shape = _Shape(row.spec.shape, row.shape, name)
        self._kind = QComboBox()
        self._kind.setAccessibleName(tr("Filling of {name}", name=name))
        self._kind.setFixedHeight(CONTROL_HEIGHT)
        _leave_wheel(self._kind)
        fitting_kinds = {*fitting(row.spec, media), row.fill.kind}
        for kind, title in FILLS:
            if kind not in fitting_kinds:
                continue
            self._kind.addItem(tr(title), kind)
            if kind in TIPS:
                tip = tr(TIPS[kind])
                self._kind.setItemData(self._kind.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._kind.setCurrentIndex(self._kind.findData(row.fill.kind))
        self._detail = _Detail(row.fill, name)
        body = self._grid = QGridLayout()
        body.setHorizontalSpacing(GAP)
        body.setVerticalSpacing(GAP_SMALL)
        for index, text in enumerate((tr("Shape"), tr("Fill with"))):
            label = QLabel(text)
            label.setProperty("role", "caption")
            label.setFixedWidth(56)
            body.addWidget(label, index, 0)
        body.addWidget(self._shape, 0, 1, 1, 2)
        body.addWidget(self._kind, 1, 1)
        body.setColumnStretch(2, 1)
        self._place_detail()
        return body

    def _place_detail(self) -> None:
        """Beside the kind of filling; a path needs a line of its own."""
        if self.row.fill.kind in FROM_FILES:
            self._grid.addWidget(self._detail, 2, 1, 1, 2)
        else:
            self._grid.addWidget(self._detail, 1, 2)

    def refresh(self) -> None:
        """Size and complaint."""
        size = self.row.size()
        self._size.setText("" if size is None or not self.row.sent else byte_size(size))
        problem = self.row.problem() or self._blamed
        self._wrong.setText(problem)
        self._wrong.setVisible(bool(problem))
        for part in (self._shape, self._kind, self._detail):
            part.setEnabled(self.row.sent)

    def blame(self, text: str) -> None:
        """What is wrong with it, as trying the whole request has shown; '' for nothing."""
        self._blamed = text
        self.refresh()

    def _change(self, row: InputRow) -> None:
        self.row, self._blamed = row, ""
        self.refresh()
        self.edited.emit(row)

    @Slot(bool)
    def _sent_changed(self, sent: bool) -> None:
        self._change(replace(self.row, sent=sent))

    @Slot(tuple)
    def _shape_changed(self, shape: tuple[int, ...]) -> None:
        self._change(replace(self.row, shape=shape))

    @Slot()
    def _kind_changed(self) -> None:
        kind: FillKind = FillKind(self._kind.currentData())
        self._detail.show_fill(Fill(kind, seed=self.row.fill.seed))
        self._fill_changed(self._detail.fill)
        if kind in FROM_FILES:
            self._detail.browse()

    @Slot(object)
    def _fill_changed(self, fill: Fill) -> None:
        self._change(replace(self.row, fill=fill))
        self._place_detail()


class _NoWheel(QObject):
    """Leaves the wheel to the list that a field without the focus lies in."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the wheel from a field that is not being edited."""
        is_wheel = event.type() is QEvent.Type.Wheel
        if is_wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _leave_wheel(field: QWidget) -> None:
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_NoWheel(field))


class _Shape(QWidget):
    """The dimensions: those the model leaves open can be typed, the others are only shown."""

    changed = Signal(tuple)

    def __init__(self, declared: tuple[int, ...], shape: tuple[int, ...], name: str) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP_SMALL)
        self._shape = list(shape)
        if not declared:
            line.addWidget(QLabel(tr("one single value")))
        for index, (size, wanted) in enumerate(zip(declared, shape, strict=True)):
            if index:
                times = QLabel("\u00d7")
                times.setProperty("role", "muted")
                line.addWidget(times)
            if size >= 0:
                line.addWidget(QLabel(str(size)))
                continue
            box = SpinBox()
            box.setRange(-1, 2**31 - 1)
            box.setSpecialValueText(tr("auto"))
            box.setValue(wanted)
            box.setFixedHeight(CONTROL_HEIGHT)
            box.grow_from(72)
            box.setKeyboardTracking(False)
            _leave_wheel(box)
            box.setAccessibleName(tr("Dimension {n} of {name}", n=index + 1, name=name))
            box.setToolTip(tr("-1 takes what the filling gives, and 1 if it gives no size"))
            box.valueChanged.connect(partial(self._change, index))
            line.addWidget(box)
        line.addStretch(1)

    def _change(self, index: int, value: int) -> None:
        self._shape[index] = value
        self.changed.emit(tuple(self._shape))


class _Detail(QStackedWidget):
    """What a filling needs to know: a seed, a value, a text or a file."""

    changed = Signal(object)

    def __init__(self, fill: Fill, name: str) -> None:
        super().__init__()
        self.fill = fill
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setMinimumWidth(60)
        self._nothing = QWidget()
        self._seed = SpinBox()
        self._seed.setRange(0, _HIGHEST_SEED)
        self._seed.setPrefix(tr("seed "))
        self._seed.setAccessibleName(tr("Seed for {name}", name=name))
        self._seed.grow_from(112)
        self._text = QLineEdit()
        self._text.setMinimumWidth(40)
        self._text.setAccessibleName(tr("Value of {name}", name=name))
        self._browse = QPushButton(tr("Choose..."))
        self._browse.clicked.connect(self.browse)
        file = QWidget()
        line = QHBoxLayout(file)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP_SMALL)
        line.addWidget(self._text, 1)
        line.addWidget(self._browse)
        seed = QWidget()
        seed_line = QHBoxLayout(seed)
        _leave_wheel(self._seed)
        seed_line.setContentsMargins(0, 0, 0, 0)
        seed_line.addWidget(self._seed)
        seed_line.addStretch(1)
        for page in (self._nothing, seed, file):
            self.addWidget(page)
        self._seed.valueChanged.connect(lambda seed: self._set(replace(self.fill, seed=seed)))
        self._text.textEdited.connect(lambda text: self._set(replace(self.fill, text=text)))
        self.show_fill(fill)

    def show_fill(self, fill: Fill) -> None:
        """Show what belongs to a kind of filling."""
        self.fill = fill
        typed = fill.kind in PLACEHOLDERS
        self.setCurrentIndex(1 if fill.kind is FillKind.RANDOM else 2 if typed else 0)
        self._seed.setValue(fill.seed)
        self._text.setText(fill.text)
        self._text.setToolTip(fill.text if fill.kind in FROM_FILES else "")
        placeholder = PLACEHOLDERS.get(fill.kind, "")
        self._text.setPlaceholderText(tr(placeholder))
        self._browse.setVisible(fill.kind in FROM_FILES)

    @Slot()
    def browse(self) -> None:
        """Let the user choose a file."""
        folder = str(Path(self.fill.text).parent) if self.fill.text else ""
        title, patterns = FILE_FILTERS[self.fill.kind]
        kinds = f"{tr(title)} ({patterns})"
        dialog = ask_file(self, tr("Fill from a file"), self._take, kinds)
        if folder:
            dialog.setDirectory(folder)

    def _take(self, path: str) -> None:
        if self.fill.kind in FROM_FILES:  # another may have been chosen meanwhile
            self._text.setText(path)
            self._text.setToolTip(path)
            self._set(replace(self.fill, text=path))

    def _set(self, fill: Fill) -> None:
        if fill != self.fill:
            self.fill = fill
            self.changed.emit(fill)
