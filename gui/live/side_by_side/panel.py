"""The panel of a comparison: agreement, both ledgers, and the samples that differ most."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.core.status import RunStatus
from gui.views.plots import AgreementStrip
from gui.widgets.language import grouped, number, tr
from gui.widgets.theme import GAP, GAP_SMALL, Palette

_NOTHING = "–"
_ROW_HEIGHT = 24
_WIDE = 1120
"""From here on agreement, counts and list stand side by side."""


class ComparisonPanel(QWidget):
    """Shows what it is told; rows of the list are given by number."""

    other_wanted = Signal()
    retry_wanted = Signal()
    end_wanted = Signal()
    newest_wanted = Signal()
    row_wanted = Signal(int)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setAccessibleName(tr("Comparison"))
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title, self.state = _label("panel"), _label("muted", wraps=True)
        self.other = _button(tr("Compare with..."), self.other_wanted)
        self.retry = _button(tr("Try again"), self.retry_wanted)
        self.newest = _button(tr("Back to the newest"), self.newest_wanted)
        self.end = _button(tr("End comparing"), self.end_wanted)
        self.agreement, self.overall = _label("title"), _label("caption", wraps=True)
        self.strip = AgreementStrip(palette=palette)
        self.faster = _label("muted", wraps=True)
        self.ledgers = Ledgers()
        self.said = _label("caption", wraps=True)
        self.worst = WorstList()
        self.worst.row_wanted.connect(self.row_wanted)
        self._body = QWidget()
        self._numbers = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lay_out()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.strip.set_palette_roles(palette)

    def show_state(self, title: str, text: str, *, failed: bool) -> None:
        """Which sides there are, and what is the matter with them."""
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.state.setText(text)
        _set_role(self.state, "error" if failed else "muted")

    def show_controls(self, *, on: bool, failed: bool, held: bool, paired: bool) -> None:
        """What can be done now."""
        self.retry.setVisible(failed)
        self.newest.setVisible(held)
        self.end.setVisible(on)
        self._body.setVisible(paired)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Counts go below the agreement where there is no room beside it."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= _WIDE
        self._numbers.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self.title)
        head.addWidget(self.state, 1)
        head.addStretch(0)
        for button in (self.newest, self.retry, self.other, self.end):
            head.addWidget(button)
        first = QHBoxLayout()
        first.setSpacing(GAP)
        first.addWidget(self.agreement)
        first.addWidget(self.overall, 1)
        now = QVBoxLayout()
        now.setSpacing(GAP_SMALL)
        now.addLayout(first)
        now.addWidget(self.strip)
        times = QVBoxLayout()
        times.setSpacing(GAP_SMALL)
        times.addWidget(self.ledgers)
        times.addWidget(self.faster)
        self._numbers.setContentsMargins(0, 0, 0, 0)
        self._numbers.setSpacing(GAP)
        self._numbers.addLayout(now, 1)
        self._numbers.addLayout(times, 0)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addLayout(self._numbers)
        left.addWidget(self.said)
        left.addStretch(1)
        body = QHBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(2 * GAP)
        body.addLayout(left, 3)
        body.addWidget(self.worst, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self._body, 1)
        column.addStretch(0)


class Ledgers(QWidget):
    """Both runs' counts, one above the other."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(0)
        heads = (
            "",
            tr("sent"),
            tr("answered"),
            tr("failed"),
            tr("dropped"),
            tr("in flight"),
            tr("per second"),
            tr("median"),
        )
        self._cells: list[list[QLabel]] = []
        for row in range(3):
            cells = [_label("caption" if row == 0 else "", right=place > 0) for place in range(8)]
            for place, cell in enumerate(cells):
                self._grid.addWidget(cell, row, place)
            self._cells.append(cells)
        for cell, text in zip(self._cells[0], heads, strict=True):
            cell.setText(text)
        self._grid.setColumnStretch(8, 1)

    def show_statuses(self, a: RunStatus | None, b: RunStatus | None) -> None:
        """Of what is no run there is nothing to count."""
        for letter, status, cells in zip("AB", (a, b), self._cells[1:], strict=True):
            texts = (letter, *ledger_texts(status))
            for cell, text in zip(cells, texts, strict=True):
                if cell.text() != text:
                    cell.setText(text)
        self.setAccessibleDescription(
            "; ".join(", ".join(cell.text() for cell in row) for row in self._cells[1:])
        )


def ledger_texts(status: RunStatus | None) -> tuple[str, ...]:
    """Sent, answered, failed, dropped, in flight, answers per second, median latency."""
    if status is None:
        return (_NOTHING,) * 7
    counts = status.counts
    values = (counts.sent, counts.answered, counts.failed, counts.dropped_total, counts.in_flight)
    median = f"{number(status.latency.p50, 1)} ms" if status.latency is not None else _NOTHING
    return (*map(grouped, values), number(status.rate_out, 1), median)


class WorstList(QTableWidget):
    """The samples that differ most, the worst first; Enter or a click shows one."""

    row_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setAccessibleName(tr("What differs most"))
        self.setHorizontalHeaderLabels([tr("Differs most"), tr("Agreement"), tr("A, then B")])
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMinimumSize(160, 72)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._rows: tuple[tuple[str, str, str], ...] = ()
        self.nothing = _label("muted")
        self.nothing.setText(tr("No sample differs."))
        middle = QVBoxLayout(self.viewport())
        middle.addWidget(self.nothing, 0, Qt.AlignmentFlag.AlignCenter)
        self.cellClicked.connect(self._chosen)
        self.cellActivated.connect(self._chosen)

    def sizeHint(self) -> QSize:
        """As high as what stands beside it."""
        return QSize(320, 100)

    @property
    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """What is listed."""
        return self._rows

    def show_rows(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Place, agreement and what was said, of each."""
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        self.nothing.setVisible(not rows)
        self.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(row, column, item)

    def _chosen(self, row: int, _column: int) -> None:
        self.row_wanted.emit(row)


def _label(role: str, *, wraps: bool = False, right: bool = False) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)  # a model may say anything
    if role:
        label.setProperty("role", role)
    label.setWordWrap(wraps)
    if right:
        label.setAlignment(Qt.AlignmentFlag.AlignRight)
    return label


def _set_role(label: QLabel, role: str) -> None:
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


def _button(text: str, signal: object) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(signal)
    return button
