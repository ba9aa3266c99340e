"""Toasts: events the user may have missed, bottom left, gone by themselves unless they matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from backend.core.status import Notice, Severity
from gui.widgets.icons import tinted, tinted_pixmap
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE, GAP_SMALL, Palette

_WIDTH = 400
_ICON, _CLOSE = 16, 20
_TEXT_WIDTH = _WIDTH - _ICON - _CLOSE - 4 * GAP - 8
_MOST_SHOWN = 4
_LIFE_MS = {Severity.INFO: 4000, Severity.WARNING: 8000}
"""Errors have no entry: they stay until closed."""
_LIFE_WITH_ACTIONS_MS = 20_000
"""At least so long: what can be done has to be read and reached first."""

_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class ToastAction:
    """A button on a toast, which closes after it."""

    title: str
    run: Callable[[], None]


class Toast(QFrame):
    """One notice: a line, more on demand, held while the mouse is over it."""

    def __init__(
        self,
        notice: Notice,
        palette: Palette,
        actions: tuple[ToastAction, ...],
        details: str,
        on_gone: Callable[[Toast], None],
        parent: QWidget,
        key: str = "",
    ) -> None:
        super().__init__(parent)
        self.notice = notice
        self.key = key
        self._on_gone = on_gone
        self._count = 1
        self._details = details
        self._least_ms = _LIFE_WITH_ACTIONS_MS if actions else 0
        self.setObjectName("toast")
        self.setProperty("severity", str(notice.severity))
        self.setFixedWidth(_WIDTH)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        self._build(palette, actions)
        self._restart()

    def repeat(self) -> None:
        """The same thing happened again."""
        self._count += 1
        self._title.setText(f"{self.notice.title}  × {self._count}")
        self._restart()

    def reword(self, notice: Notice) -> None:
        """The same notice has another body now."""
        self.notice = notice
        self._body.setText(notice.body)
        self._body.setVisible(bool(notice.body))

    def fit(self) -> int:
        """Give every text the height of its lines; the height of the toast with them."""
        for text in self.findChildren(_Text):
            text.fit()
        self.adjustSize()
        return self.height()

    @Slot()
    def dismiss(self) -> None:
        """Go away."""
        self._timer.stop()
        self._on_gone(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while it is being read."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Start over when the mouse leaves."""
        self._restart()
        super().leaveEvent(event)

    def _restart(self) -> None:
        life = _LIFE_MS.get(self.notice.severity)
        if life is not None and not self.key:
            self._timer.start(max(life, self._least_ms))

    def _build(self, palette: Palette, actions: tuple[ToastAction, ...]) -> None:
        severity = self.notice.severity
        role = {"info": "accent", "warning": "warning", "error": "error"}[severity]
        icon = QLabel()
        icon.setPixmap(tinted_pixmap(str(severity), palette.color(role)))
        icon.setAccessibleName(str(severity))
        self._title = _Text(self.notice.title, _TEXT_WIDTH)
        self._title.setAccessibleName(f"{severity}: {self.notice.title}")
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        head.addWidget(_close_button(palette, self.dismiss), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP_SMALL)
        column.addLayout(head)
        self._body = _Text(self.notice.body, _TEXT_WIDTH)
        self._body.setProperty("role", "muted")
        self._body.setVisible(bool(self.notice.body))
        column.addLayout(_indented(self._body))
        self._more = _Text(self._details, _TEXT_WIDTH)
        self._more.setProperty("role", "muted")
        self._more.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more.hide()
        column.addLayout(_indented(self._more))
        buttons = self._buttons(actions)
        if buttons.count():
            column.addLayout(buttons)

    def _buttons(self, actions: tuple[ToastAction, ...]) -> QVBoxLayout:
        links = [_link(action.title, partial(self._act, action)) for action in actions]
        if self._details:
            self._expand = _link(tr("Details"), self._toggle_details)
            links += [self._expand, _link(tr("Copy"), self._copy)]
        column = QVBoxLayout()
        column.setContentsMargins(_ICON + GAP - 5, 0, 0, 0)
        column.setSpacing(0)
        room = 0
        for link in links:
            wide = link.fontMetrics().horizontalAdvance(link.text()) + 2 * GAP + GAP_SMALL
            if wide > room:
                row = QHBoxLayout()
                row.setSpacing(GAP)
                row.addStretch(1)
                column.addLayout(row)
                room = _TEXT_WIDTH
            row.insertWidget(row.count() - 1, link)
            room -= wide
        return column

    def _act(self, action: ToastAction) -> None:
        self.dismiss()
        action.run()

    def _toggle_details(self) -> None:
        shown = self._more.isVisible()
        self._more.setVisible(not shown)
        self._expand.setText(tr("Details") if shown else tr("Less"))
        stack = self.parentWidget()
        if isinstance(stack, Toasts):
            stack.arrange()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.notice.title}\n{self._details}")


class Toasts(QWidget):
    """The stack of toasts in the corner of a window; identical ones merge, the oldest give way."""

    def __init__(self, window: QWidget, palette: Palette, bottom_inset: int) -> None:
        super().__init__(window)
        self._window = window
        self._roles = palette
        self._bottom_inset = bottom_inset
        self.least = Severity.INFO
        self._muted = False
        self._toasts: list[Toast] = []
        self._conditions: dict[str, tuple[Notice, tuple[str, ...]]] = {}
        self.setAccessibleName(tr("Notices"))
        self.hide()

    @property
    def shown(self) -> tuple[Notice, ...]:
        """What is on show, oldest first."""
        return tuple(toast.notice for toast in self._toasts)

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
                self.arrange()
                return
        self._put(Toast(notice, self._roles, actions, details, self._remove, self))

    def _put(self, toast: Toast) -> None:
        if len(self._toasts) >= _MOST_SHOWN:
            self._remove(self._toasts[0])
        self._toasts.append(toast)
        toast.show()
        self.arrange()

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
        self._put(Toast(notice, self._roles, actions, "", self._remove, self, key))

    def set_palette_roles(self, palette: Palette) -> None:
        """Toasts to come take up another palette."""
        self._roles = palette

    def arrange(self) -> None:
        """Stack the toasts upwards from the corner."""
        if not self._toasts or self._muted:
            self.hide()
            return
        self.show()  # first: a layout counts nothing for what is hidden
        y = 0
        for toast in self._toasts:
            height = toast.fit()
            toast.setGeometry(0, y, _WIDTH, height)
            y += height + GAP
        y -= GAP
        bottom = self._window.height() - self._bottom_inset - GAP_LARGE
        # At the left: at the right they would lie on the legends of plots and on replies.
        self.setGeometry(GAP_LARGE, bottom - y, _WIDTH, y)
        self.raise_()

    def _remove(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self.arrange()


class FileNotices:
    """What goes wrong with files: kept until there is a window to say it in, said at once after."""

    def __init__(self) -> None:
        self._early: list[str] = []
        self._show: Callable[[Notice], None] | None = None

    def tell(self, problem: str) -> None:
        """Say it, now or as soon as that is possible."""
        if self._show is None:
            self._early.append(problem)
        else:
            self._show(Notice(Severity.WARNING, tr("A file needs a look"), problem))

    def begin(self, show: Callable[[Notice], None]) -> None:
        """There is a window now."""
        self._show = show
        for problem in self._early:
            show(Notice(Severity.WARNING, tr("Something was not restored"), problem))
        self._early.clear()


def _differ_in_body(
    before: tuple[Notice, tuple[str, ...]], after: tuple[Notice, tuple[str, ...]]
) -> bool:
    return (replace(before[0], body=""), before[1]) == (replace(after[0], body=""), after[1])


def _indented(label: QLabel) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(_ICON + GAP, 0, 0, 0)
    row.addWidget(label, 0, Qt.AlignmentFlag.AlignLeft)
    return row


class _Text(QLabel):
    """Wrapped text of a fixed width; nested layouts would only estimate how high it is."""

    def __init__(self, text: str, width: int) -> None:
        super().__init__(text)
        self._width = width
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFixedWidth(width)

    def fit(self) -> None:
        """Take the height of all lines, in the font that the stylesheet gives."""
        self.ensurePolished()
        self.setFixedHeight(max(1, self.heightForWidth(self._width)))


def _close_button(palette: Palette, run: Callable[[], None]) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "flat")
    button.setIcon(tinted("close", palette.text_muted))
    button.setAccessibleName(tr("Close notice"))
    button.setFixedSize(_CLOSE, _CLOSE)
    button.setStyleSheet("min-height: 0; padding: 0;")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(run)
    return button


def _link(title: str, run: Callable[[], None]) -> QPushButton:
    button = QPushButton(title)
    button.setProperty("role", "link")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(run)
    return button
