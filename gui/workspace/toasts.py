"""Toasts: events the user may have missed, in a lower corner, the newest two in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QRect, QSize, QTimer, Slot
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from backend.core.status import Notice, Severity
from gui.widgets.language import count, tr
from gui.widgets.theme import GAP_LARGE, GAP_SMALL, Palette
from gui.workspace.notices import ToastAction
from gui.workspace.toast import LEAST_WIDE, MOST_WIDE, Toast, link_button
from gui.workspace.toast_places import Places, all_places, keep_clear, places

_MOST_KEPT = 12
_LOOK_MS = 1000
_SHARE = 0.34
"""Of the window's width, so that two and what tells of the rest leave the legend of a plot."""

_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


class Toasts(QWidget):
    """The toasts of a window: identical ones merge, two are in sight, the others on demand."""

    def __init__(self, window: QWidget, palette: Palette, bottom_inset: int) -> None:
        super().__init__(window)
        self._window = window
        self._roles = palette
        self._bottom_inset = bottom_inset
        self.least = Severity.INFO
        self._muted = self._all_shown = False
        self._toasts: list[Toast] = []
        self._conditions: dict[str, tuple[Notice, tuple[str, ...]]] = {}
        self._rest = _Rest(self._toggle_all, self._close_all, self)
        self._looking = QTimer(self, interval=_LOOK_MS)
        self._looking.timeout.connect(self._look)
        self.setAccessibleName(tr("Notices"))
        self.hide()

    @property
    def shown(self) -> tuple[Notice, ...]:
        """What there is to read, oldest first."""
        return tuple(toast.notice for toast in self._toasts)

    @property
    def in_sight(self) -> tuple[Notice, ...]:
        """What can be read without opening the rest, oldest first."""
        return tuple(toast.notice for toast in self._toasts if toast.isVisible())

    def set_muted(self, *, muted: bool) -> None:
        """Show nothing for a while: an audience looks. What came meanwhile and lasts shows then."""
        self._muted = muted
        self.arrange()

    def show_notice(
        self, notice: Notice, actions: tuple[ToastAction, ...] = (), details: str = ""
    ) -> None:
        """Show a notice, or count it on the one that says the same; the quiet ones may be off."""
        if _RANK[notice.severity] < _RANK[self.least]:
            return
        for toast in self._toasts:
            if toast.notice == notice and not toast.key:
                toast.repeat()
                self._toasts.remove(toast)  # it is news again
                self._toasts.append(toast)
                self.arrange()
                return
        self._put(Toast(notice, self._roles, actions, details, self))

    def show_condition(
        self, key: str, notice: Notice | None, actions: tuple[ToastAction, ...] = ()
    ) -> None:
        """Show something that is true until it is called off with None.

        The same condition in other words takes the place of the words before; one that the user
        has closed stays closed while its words stay.
        """
        titles = tuple(action.title for action in actions)
        wanted = (notice, titles) if notice is not None else None
        before = self._conditions.get(key)
        if before == wanted:
            return
        shown = [toast for toast in self._toasts if toast.key == key]
        if shown and before and wanted and _differ_in_body(before, wanted):
            # In its place: a button may be held down at this moment.
            self._conditions[key] = wanted
            shown[0].reword(wanted[0])
            self.arrange()
            return
        for toast in shown:
            self._remove(toast)
        if notice is None or wanted is None:
            self._conditions.pop(key, None)
            return
        self._conditions[key] = wanted
        self._put(Toast(notice, self._roles, actions, "", self, key))

    def set_palette_roles(self, palette: Palette) -> None:
        """Toasts to come take up another palette."""
        self._roles = palette

    @Slot()
    def arrange(self) -> None:
        """Put the newest into a corner, and what tells of the others beside them."""
        if not self._toasts or self._muted:
            self.hide()
            self._looking.stop()
            return
        window = self._window.size()
        bottom = window.height() - self._bottom_inset - GAP_LARGE
        room = QRect(GAP_LARGE, GAP_LARGE, window.width() - 2 * GAP_LARGE, bottom - GAP_LARGE)
        self.setGeometry(room)
        self.show()  # first: a layout counts nothing for what is hidden
        room.moveTo(0, 0)
        narrow = min(MOST_WIDE, max(LEAST_WIDE, int(_SHARE * window.width())))
        few = self._few(narrow, room)
        if few.covered:  # fewer lines may lie over nothing
            few = min(few, self._few(MOST_WIDE, room), key=lambda each: each.covered)
        self._all_shown &= len(few.toasts) < len(self._toasts)  # else there is nothing to fold up
        if self._all_shown:
            few = all_places(self._sizes(narrow), self._rest.tell(0), room)
        else:
            self._rest.tell(len(self._toasts) - len(few.toasts))
        self._show_at(few)
        self._looking.start()

    def _few(self, width: int, room: QRect) -> Places:
        rest = self._rest.tell(len(self._toasts) - 1)
        return places(self._sizes(width), rest, room, self._keep_clear())

    def _sizes(self, width: int) -> list[QSize]:
        return [QSize(width, toast.fit(width)) for toast in self._toasts]

    def _keep_clear(self) -> list[QRect]:
        return [area.translated(-self.pos()) for area in keep_clear(self._window, self)]

    @Slot()
    def _look(self) -> None:
        """Give way to controls that came under the toasts: another page or panel, a new form."""
        if self.underMouse() or self._all_shown:
            return
        if any(self.mask().intersects(area) for area in self._keep_clear()):
            self.arrange()

    def _show_at(self, found: Places) -> None:
        hidden = len(self._toasts) - len(found.toasts)
        for toast in self._toasts[:hidden]:
            toast.hide()
        for toast, area in zip(self._toasts[hidden:], found.toasts, strict=True):
            toast.fit(area.width())
            toast.setGeometry(area)
            toast.show()
        self._rest.setVisible(found.rest is not None)
        taken = QRegion()
        for area in found.toasts:
            taken += area
        if found.rest is not None:
            self._rest.setGeometry(found.rest)
            taken += found.rest
        self.setMask(taken)  # what is between and beside them stays within reach of the mouse
        self.raise_()

    def _put(self, toast: Toast) -> None:
        if len(self._toasts) >= _MOST_KEPT:
            self._remove(self._toasts[0])
        toast.gone.connect(self._remove)
        toast.grown.connect(self.arrange)
        self._toasts.append(toast)
        toast.show()  # one that never was has no height
        self.arrange()

    @Slot(object)
    def _remove(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self.arrange()

    @Slot()
    def _toggle_all(self) -> None:
        self._all_shown = not self._all_shown
        self.arrange()

    @Slot()
    def _close_all(self) -> None:
        for toast in tuple(self._toasts):
            toast.dismiss()


class _Rest(QFrame):
    """Tells of the toasts that are not in sight, shows them, and closes all."""

    def __init__(self, toggle: Callable[[], None], close: Callable[[], None], parent: QWidget):
        super().__init__(parent)
        self.setObjectName("toast")
        self._toggle = link_button("", toggle)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP_SMALL, GAP_SMALL, GAP_SMALL, GAP_SMALL)
        row.setSpacing(GAP_SMALL)
        row.addWidget(self._toggle)
        row.addWidget(link_button(tr("Close all"), close))

    def tell(self, hidden: int) -> QSize:
        """So many more there are, 0 if all are shown; the room it takes."""
        more = count(hidden, "+{n} more", "+{n} more")
        self._toggle.setText(more if hidden else tr("Show fewer"))
        self.ensurePolished()
        return self.sizeHint()


def _differ_in_body(
    before: tuple[Notice, tuple[str, ...]], after: tuple[Notice, tuple[str, ...]]
) -> bool:
    return (replace(before[0], body=""), before[1]) == (replace(after[0], body=""), after[1])
