"""What a screen reader gets to know of a widget, and what a keyboard reaches."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QPlainTextEdit, QTableView, QWidget

from gui.inspect.text_editor import TextEditor

_Role = QAccessible.Role
_USED = {
    _Role.Button,
    _Role.ButtonMenu,
    _Role.ButtonDropDown,
    _Role.CheckBox,
    _Role.ComboBox,
    _Role.EditableText,
    _Role.Dial,
    _Role.List,
    _Role.PageTab,
    _Role.PageTabList,
    _Role.RadioButton,
    _Role.Slider,
    _Role.SpinBox,
    _Role.Table,
    _Role.Tree,
}
"""What a user acts on; the parts of lists and tables are named by what they say."""
_WHOLE = {_Role.List, _Role.Table, _Role.Tree, _Role.ComboBox, _Role.SpinBox, _Role.MenuBar}
"""Not looked into: what is inside is made by Qt."""


def described(interface: QAccessibleInterface) -> str:
    widget: QObject | None = interface.object()
    path = []
    while isinstance(widget, QWidget):
        path.append(f"{type(widget).__name__} {widget.objectName()}".strip())
        widget = widget.parentWidget()
    return " < ".join(path[:4])


def nameless(widget: QWidget) -> Iterator[str]:
    """Everything below the widget that a user acts on and a screen reader has no word for."""
    waiting = [QAccessible.queryAccessibleInterface(widget)]
    while waiting:
        interface = waiting.pop()
        if interface is None or not interface.isValid() or interface.state().invisible:
            continue
        if interface.role() in _USED and not interface.text(QAccessible.Text.Name).strip():
            yield described(interface)
        if interface.role() not in _WHOLE:
            waiting += [interface.child(index) for index in range(interface.childCount())]


def unreachable(widget: QWidget) -> list[str]:
    """What takes keys and is not passed by Tab from the first widget on."""
    wanted = {
        each
        for each in widget.findChildren(QWidget)
        if each.isVisible()
        and each.isEnabled()
        and each.window() is widget.window()
        and each.focusProxy() is None
        and each.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    passed: set[QWidget | None] = set()
    here: QWidget | None = widget
    while here is not None and here not in passed:
        passed.add(here)
        here = here.nextInFocusChain()
    return [f"{type(each).__name__} {each.accessibleName()}" for each in wanted - passed]


def keeping(widget: QWidget) -> list[str]:
    """What would not let Tab go on: tables go from cell to cell, fields of text indent."""
    tables = [each for each in widget.findChildren(QTableView) if each.tabKeyNavigation()]
    texts = [
        each
        for each in widget.findChildren(QPlainTextEdit)
        if not (each.isReadOnly() or each.tabChangesFocus() or isinstance(each, TextEditor))
    ]
    return [f"{type(each).__name__} {each.accessibleName()}" for each in (*tables, *texts)]


def assert_told(widget: QWidget) -> None:
    assert widget.isVisible()
    assert list(nameless(widget)) == []
    assert unreachable(widget) == []
    assert keeping(widget) == []
