"""Two replies beside each other: how far their tensors are apart, and how their texts differ."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.inspector.calls import Exchange
from backend.inspector.views import TOLERANCE, OutputDiff
from gui.inspect.highlighter import DiffHighlighter
from gui.inspect.history import call_name
from gui.inspect.reply.comparison import Comparison, decoded_lines
from gui.inspect.reply.status_line import reply_numbers, status_words
from gui.inspect.text_editor import TextEditor
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.language import grouped, marked, significant, tr
from gui.widgets.segmented import Segmented
from gui.widgets.spin_boxes import DoubleSpinBox
from gui.widgets.theme import BODY_PX, CONTROL_HEIGHT, GAP, GAP_LARGE, Palette, tabular

_HEADINGS = (
    marked("Output"),
    marked("Type"),
    marked("Shape"),
    marked("Max diff"),
    marked("Mean diff"),
    marked("Cosine"),
    marked("Differing"),
    marked("First"),
)
_TYPE, _SHAPE = 1, 2
_ROW_HEIGHT = 24
_MOST_ROWS = 8


class DiffView(QWidget):
    """A table of outputs, and below the tolerance the values that differ.

    The lines of the messages as they came are behind a switch, where the values can be shown.
    """

    closed = Signal()
    tolerance_changed = Signal(float)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._title.setWordWrap(True)
        self._about = QLabel()
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        close = QPushButton(tr("Back to the reply"))
        close.clicked.connect(self.closed)
        self._tolerance = DoubleSpinBox()
        self._tolerance.setDecimals(6)
        self._tolerance.setRange(0.0, 1e6)
        self._tolerance.setValue(TOLERANCE)
        self._tolerance.setFixedSize(100, CONTROL_HEIGHT)
        self._tolerance.setKeyboardTracking(False)
        self._tolerance.setAccessibleName(tr("Tolerance"))
        self._tolerance.valueChanged.connect(self.tolerance_changed)
        self._table = _table_of_outputs()
        self._comparison: Comparison | None = None
        self._mode = Segmented(
            tr("What is compared"),
            (
                ("values", tr("Values"), tr("Predictions and elements that differ")),
                ("message", tr("Message"), tr("The messages as they came, line by line")),
            ),
        )
        self._mode.set_value("values")
        self._mode.chosen.connect(self._show_lines)
        self._text = TextEditor(
            tr("Lines that differ"), palette, read_only=True, colours=DiffHighlighter
        )
        self._text_note = QLabel()
        self._text_note.setProperty("role", "muted")
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._title, 1)
        head.addWidget(close)
        tolerance = QWidget()
        row = QHBoxLayout(tolerance)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(QLabel(tr("Tolerance")))
        row.addWidget(self._tolerance)
        terms = FlowLayout(None, GAP, GAP)
        terms.addWidget(self._mode)
        terms.addWidget(tolerance)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self._about)
        column.addWidget(self._table)
        column.addLayout(terms)
        column.addWidget(self._text_note)
        column.addWidget(self._text, 1)

    @property
    def tolerance(self) -> float:
        """How far apart numbers may be and count as the same."""
        return self._tolerance.value()

    def show_comparison(self, comparison: Comparison) -> None:
        """Show how two replies differ."""
        self._comparison = comparison
        tensors, same = comparison.tensors, comparison.same
        self._title.setText(tr("The replies are the same") if same else tr("The replies differ"))
        self._about.setText(f"A  {_about(comparison.left)}\nB  {_about(comparison.right)}")
        rows = tensors.outputs if tensors is not None else ()
        self._table.setVisible(bool(rows))
        self._table.setRowCount(len(rows))
        for index, output in enumerate(rows):
            self._show_row(index, output)
        self._table.resizeColumnsToContents()  # a number cut short is another number
        head = self._table.horizontalHeader().sizeHint().height()
        bar = self._table.horizontalScrollBar().sizeHint().height()
        self._table.setFixedHeight(head + min(_MOST_ROWS, len(rows)) * _ROW_HEIGHT + bar + 2)
        self._mode.setVisible(comparison.decoded)
        self._show_lines()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._text.set_palette_roles(palette)
        if self._comparison is not None:
            self.show_comparison(self._comparison)

    @Slot()
    def _show_lines(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        if comparison.decoded and self._mode.value == "values":
            note, lines = "", decoded_lines(comparison)
        else:
            text = comparison.text
            note = text.note or ("" if text.lines else tr("Every line is the same."))
            lines = list(text.lines)
        self._text_note.setText(note)
        self._text_note.setVisible(bool(note))
        self._text.setPlainText("\n".join(lines))

    def _show_row(self, index: int, output: OutputDiff) -> None:
        for column, text in enumerate(_cells(output)):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            item.setForeground(self._roles.color(_role(column, text, output)))
            self._table.setItem(index, column, item)


def _table_of_outputs() -> QTableWidget:
    table = QTableWidget(0, len(_HEADINGS))
    table.setHorizontalHeaderLabels([tr(text) for text in _HEADINGS])
    table.setAccessibleName(tr("Differences of the outputs"))
    table.setFont(tabular(table.font(), BODY_PX))
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    header.setStretchLastSection(True)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    return table


def _role(column: int, text: str, output: OutputDiff) -> str:
    """What is the same is muted; what is not, in the colour of a difference."""
    changed = column not in (_TYPE, _SHAPE) or "\u2192" in text
    if output.same:
        return "text_muted"
    return "error" if changed else "text"


def _cells(output: OutputDiff) -> tuple[str, ...]:
    if output.missing:
        where = tr("only in B") if output.missing == "left" else tr("only in A")
        return (output.name, where, "", "", "", "", "", "")
    numbers = output.numbers
    differing = ""
    if output.elements:
        differing = f"{grouped(output.differing)} / {grouped(output.elements)}"
    return (
        output.name,
        _change(*output.datatypes),
        _change(*(str(list(shape)) for shape in output.shapes)),
        _number(numbers.largest) if numbers else "",
        _number(numbers.mean) if numbers else "",
        _number(numbers.cosine) if numbers else "",
        differing,
        _first(output),
    )


def _first(output: OutputDiff) -> str:
    parts = [f"{list(one.index)}: {one.left} \u2192 {one.right}" for one in output.first]
    if output.top is not None:
        parts.append(
            tr("best classes {a} \u2192 {b}", a=list(output.top[0]), b=list(output.top[1]))
        )
    return "   ".join(parts)


def _change(left: str, right: str) -> str:
    return left if left == right else f"{left} \u2192 {right}"


def _number(value: float | None) -> str:
    return "\u2013" if value is None else significant(value, 4)


def _about(exchange: Exchange) -> str:
    moment = exchange.started_at.astimezone().strftime("%H:%M:%S")
    name = call_name(exchange.request.method)
    came = f"{status_words(exchange)}   {reply_numbers(exchange)}"
    return f"{moment}   {name}   {exchange.request.target}   {came}"
