"""Finds what cannot be read in a window: cut texts, widgets out of their place or over another."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTableView,
    QWidget,
)

from gui.live.bar.summary_button import SummaryButton
from gui.widgets.picker import Picker

_ROUNDING = 1
_MOST_ROWS = 50
_OWN_WORDING = (Picker, SummaryButton)
"""They shorten what the user has named, or say less in whole words, and have the rest as a tip."""


def faults_of(root: QWidget) -> list[str]:
    """Every fault of what is on show in this window, each in a line."""
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        if widget.isVisible() and _is_laid_out(widget, root):
            found += [f"{_path(widget)}: {fault}" for fault in _faults(widget)]
    return found


def _faults(widget: QWidget) -> Iterator[str]:
    yield from _cut_text(widget)
    yield from _out_of_place(widget)
    layout = widget.layout()
    if layout is not None:
        yield from _overlapping(layout)


def _cut_text(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel) and widget.text():
        yield from _cut_label(widget)
    elif isinstance(widget, QTabBar):
        yield from _cut_tabs(widget)
    elif isinstance(widget, QComboBox):
        yield from _cut_choice(widget)
    elif isinstance(widget, QAbstractSpinBox):
        yield from _cut_number(widget)
    elif isinstance(widget, _OWN_WORDING):
        return
    elif isinstance(widget, QAbstractButton) and widget.text():
        # A slot of the strip has room for its longest text without the frame of a button.
        slot = widget.property("role") == "slot"
        needed = _text_width(widget) if slot else widget.sizeHint().width()
        if widget.width() + _ROUNDING < needed:
            yield f"'{widget.text()}' needs {needed}, has {widget.width()}"
    elif isinstance(widget, QTableView):
        yield from _cut_cells(widget)


def _cut_label(label: QLabel) -> Iterator[str]:
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        if label.height() + _ROUNDING < needed:
            yield f"'{label.text()}' needs a height of {needed}, has {label.height()}"
        return
    ignored = label.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Ignored
    wanted = label.sizeHint().width()
    if label.width() + _ROUNDING < wanted and not (ignored and label.toolTip()):
        yield f"'{label.text()}' needs {wanted}, has {label.width()}"


def _cut_tabs(bar: QTabBar) -> Iterator[str]:
    for index in range(bar.count()):
        needed = bar.fontMetrics().horizontalAdvance(bar.tabText(index))
        if not bar.isTabVisible(index):
            continue
        place = bar.tabRect(index)
        if place.width() < needed:
            yield f"tab '{bar.tabText(index)}' needs {needed}"
        if place.left() < 0 or place.right() > bar.width():
            yield f"tab '{bar.tabText(index)}' ends at {place.right()} of {bar.width()}"


def _cut_choice(box: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    needed = box.fontMetrics().horizontalAdvance(box.currentText())
    if field.width() + _ROUNDING < needed:
        yield f"choice '{box.currentText()}' needs {needed}, has {field.width()}"


def _cut_number(box: QAbstractSpinBox) -> Iterator[str]:
    needed, edit = box.fontMetrics().horizontalAdvance(box.text()), box.lineEdit()
    if edit is not None and edit.width() < needed:
        yield f"number '{box.text()}' needs {needed}, has {edit.width()}"


def _cut_cells(table: QTableView) -> Iterator[str]:
    """Numbers cut short; a longer text may end in dots, and its whole be elsewhere."""
    model = table.model()
    for row in range(min(model.rowCount(), _MOST_ROWS) if model is not None else 0):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            text = str(index.data() or "")
            hidden = table.isColumnHidden(column) or not any(map(str.isdigit, text[:2]))
            if not hidden and table.sizeHintForIndex(index).width() > table.columnWidth(column):
                yield f"cell '{text}' has {table.columnWidth(column)}"


def _out_of_place(widget: QWidget) -> Iterator[str]:
    """Part of it lies outside of its parent, which does not scroll."""
    parent = widget.parentWidget()
    if parent is None or widget.isWindow() or _scrolls(parent) or _is_qts_own(widget):
        return
    beyond = widget.geometry()
    if not parent.rect().adjusted(-1, -1, 1, 1).contains(beyond):
        yield f"{_rect(beyond)} is out of its place, {parent.width()} x {parent.height()}"


def _overlapping(layout: QLayout) -> Iterator[str]:
    """Two widgets of one layout, or of those within it, that cover each other."""
    shown = [w for w in _laid_out_by(layout) if w.isVisible() and not _is_parked(w)]
    for place, one in enumerate(shown):
        for other in shown[place + 1 :]:
            common = one.geometry().intersected(other.geometry())
            if common.width() > _ROUNDING and common.height() > _ROUNDING:
                yield f"{_name(one)} lies over {_name(other)} by {_rect(common)}"


def _laid_out_by(layout: QLayout) -> Iterator[QWidget]:
    """The widgets of a layout and of those within it."""
    for item in map(layout.itemAt, range(layout.count())):
        if item is None:
            continue
        widget, within = item.widget(), item.layout()
        if widget is not None:
            yield widget
        elif within is not None:
            yield from _laid_out_by(within)


def _is_laid_out(widget: QWidget, root: QWidget) -> bool:
    """Not a part of a list or text that scrolls by itself, nor of a window of its own."""
    at: QWidget | None = widget
    while at is not None and at is not root:
        above = at.parentWidget()
        if at.isWindow() or _is_parked(at) or isinstance(above, QTabBar):
            return False
        area = above.parentWidget() if above is not None else None
        if _scrolls(above) and not isinstance(area, QScrollArea):
            return False
        at = above
    return True


def _is_parked(widget: QWidget) -> bool:
    """Qt keeps a panel behind another one's tab far outside of the page."""
    return isinstance(widget, QDockWidget) and widget.geometry().bottom() < 0


def _is_qts_own(widget: QWidget) -> bool:
    """A handle that Qt lays over the edge of a panel."""
    return widget.objectName().startswith("qt_")


def _scrolls(parent: QWidget | None) -> bool:
    area = parent.parentWidget() if parent is not None else None
    return isinstance(area, QAbstractScrollArea) and area.viewport() is parent


def _text_width(button: QAbstractButton) -> int:
    return button.fontMetrics().horizontalAdvance(button.text())


def _rect(rect: QRect) -> str:
    return f"({rect.x()}, {rect.y()}, {rect.width()} x {rect.height()})"


def _name(widget: QWidget) -> str:
    return widget.objectName() or widget.accessibleName() or type(widget).__name__


def _path(widget: QWidget) -> str:
    names: list[str] = []
    at: QWidget | None = widget
    while at is not None and len(names) < 4:
        names.append(_name(at))
        at = at.parentWidget()
    return " < ".join(names)
