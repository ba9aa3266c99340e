"""Where toasts go: into a lower corner, two at most, over nothing that is pressed or looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QSlider,
    QTabBar,
    QWidget,
)

from gui.views.view import KEEP_CLEAR
from gui.widgets.theme import GAP

_CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider, QTabBar)
_MOST_SHOWN = 2
_HIGHEST = 0.45
"""Of the room's height: toasts on top of each other leave the most of it."""


@dataclass(frozen=True, slots=True)
class Places:
    """The newest toasts, which are on show, oldest first, and what tells of the others."""

    toasts: tuple[QRect, ...]
    rest: QRect | None = None
    covered: int = 0
    """How much they lie over that is to be kept clear, in square pixels."""


def places(toasts: Sequence[QSize], rest: QSize, room: QRect, clear: Sequence[QRect]) -> Places:
    """Two toasts where they cover nothing of `clear`, else one where it covers the least.

    The last of `toasts` is the newest; `rest` is the size of what tells of those that are not
    shown. All of it lies in `room`.
    """
    best: Places | None = None
    for each in _candidates(toasts, rest, room):
        covered = sum(_area(rect & other) for rect in _rects(each) for other in clear)
        if not covered:
            return each
        if len(each.toasts) == 1 and (best is None or covered < best.covered):
            best = replace(each, covered=covered)
    return best or Places(())


def all_places(toasts: Sequence[QSize], rest: QSize, room: QRect) -> Places:
    """As many of the newest as the height of the room allows, on top of each other."""
    height, number = 0, 0
    for size in reversed(toasts):
        height += size.height() + GAP
        if number and height - GAP > room.height():
            break
        number += 1
    return _corner(toasts[len(toasts) - number :], rest, room)


def keep_clear(window: QWidget, toasts: QWidget) -> list[QRect]:
    """The controls and legends of a window that are in sight, in its coordinates."""
    return [
        _in_sight(widget, window)
        for widget in window.findChildren(QWidget)
        if (isinstance(widget, _CONTROLS) or widget.property(KEEP_CLEAR))
        and widget.isVisible()
        and not toasts.isAncestorOf(widget)
    ]


def _candidates(toasts: Sequence[QSize], rest: QSize, room: QRect) -> Iterator[Places]:
    for number in range(min(_MOST_SHOWN, len(toasts)), 0, -1):
        told = rest if number < len(toasts) else None
        for over, right, across in product((False, True), (False, True), (True, False)):
            each = _corner(toasts[-number:], told, room, right=right, across=across, over=over)
            high = room.bottom() - min(rect.top() for rect in _rects(each))
            fits = high <= _HIGHEST * room.height() and all(map(room.contains, _rects(each)))
            if number == 1 or fits:
                yield each


def _corner(
    toasts: Sequence[QSize],
    rest: QSize | None,
    room: QRect,
    *,
    right: bool = False,
    across: bool = False,
    over: bool = False,
) -> Places:
    """A row along the bottom, or a stack with the newest lowest, from the left or the right.

    The rest is told beside them, or `over` them.
    """
    placed: list[QRect] = []
    at = QPoint(room.left(), room.bottom() + 1)
    for size in toasts if across else reversed(toasts):
        placed.append(QRect(QPoint(at.x(), at.y() - size.height()), size))
        at += QPoint(size.width() + GAP, 0) if across else QPoint(0, -size.height() - GAP)
    beside = None
    if rest is not None and over:
        highest = placed[0] if across else placed[-1]
        beside = QRect(QPoint(highest.left(), highest.top() - GAP - rest.height()), rest)
    elif rest is not None:
        lowest = placed[-1] if across else placed[0]
        beside = QRect(QPoint(lowest.right() + 1 + GAP, room.bottom() + 1 - rest.height()), rest)
    found = Places(tuple(placed if across else reversed(placed)), beside)
    return _moved(found, room.right() - max(r.right() for r in _rects(found))) if right else found


def _moved(each: Places, by: int) -> Places:
    rest = each.rest.translated(by, 0) if each.rest is not None else None
    return Places(tuple(rect.translated(by, 0) for rect in each.toasts), rest)


def _rects(each: Places) -> list[QRect]:
    return [*each.toasts, *([each.rest] if each.rest is not None else [])]


def _in_sight(widget: QWidget, window: QWidget) -> QRect:
    """What its parents, which may scroll, leave of it."""
    area = widget.rect()
    here = widget
    while here is not window and (parent := here.parentWidget()) is not None:
        area = area.translated(here.pos()) & parent.rect()
        here = parent
    return area


def _area(rect: QRect) -> int:
    return rect.width() * rect.height() if rect.isValid() else 0
