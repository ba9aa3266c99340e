"""A toast: one notice in a corner of the window, gone by itself unless it matters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
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
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.icons import tinted, tinted_pixmap
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_SMALL, Palette
from gui.workspace.notices import ToastAction

MOST_WIDE, LEAST_WIDE = 440, 320
_ICON, _CLOSE = 16, 20
_BESIDE_TEXT = _ICON + _CLOSE + 4 * GAP + 8
_LIFE_MS = {Severity.INFO: 4000, Severity.WARNING: 8000}
"""Errors have no entry: they stay until closed."""
_LIFE_WITH_ACTIONS_MS = 20_000
"""At least so long: what can be done has to be read and reached first."""


class Toast(QFrame):
    """One notice: a line, more on demand, held while the mouse is over it."""

    gone = Signal(object)
    """It is closed, or its time is over."""
    grown = Signal()
    """It shows more, or less, than before."""

    def __init__(
        self,
        notice: Notice,
        palette: Palette,
        actions: tuple[ToastAction, ...],
        details: str,
        parent: QWidget,
        key: str = "",
    ) -> None:
        super().__init__(parent)
        self.notice = notice
        self.key = key
        self._count = 1
        self._details = details
        self._least_ms = _LIFE_WITH_ACTIONS_MS if actions else 0
        self.setObjectName("toast")
        self.setProperty("severity", str(notice.severity))
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

    def fit(self, width: int) -> int:
        """Take a width, and every text the height of its lines; the height that follows."""
        self.setFixedWidth(width)
        for text in self.findChildren(_Text):
            text.fit(width - _BESIDE_TEXT)
        for link in self._links.findChildren(QPushButton):
            link.ensurePolished()
        room = width - _BESIDE_TEXT + _CLOSE
        self._links.setFixedSize(room, self._links.heightForWidth(room))
        self.adjustSize()
        return self.height()

    @Slot()
    def dismiss(self) -> None:
        """Go away."""
        self._timer.stop()
        self.gone.emit(self)

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
        self._title = _Text(self.notice.title)
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
        self._body = _Text(self.notice.body)
        self._body.setProperty("role", "muted")
        self._body.setVisible(bool(self.notice.body))
        column.addLayout(_indented(self._body))
        self._more = _Text(self._details)
        self._more.setProperty("role", "muted")
        self._more.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more.hide()
        column.addLayout(_indented(self._more))
        self._add_links(column, actions)

    def _add_links(self, column: QVBoxLayout, actions: tuple[ToastAction, ...]) -> None:
        links: list[QWidget] = [
            link_button(action.title, partial(self._act, action)) for action in actions
        ]
        if self._details:
            links.append(self._about_details())
        self._links = QWidget()
        flow = FlowLayout(self._links, GAP, 0)
        for link in links:
            flow.addWidget(link)
        self._links.setVisible(bool(links))
        row = QHBoxLayout()
        row.setContentsMargins(_ICON + GAP - 5, 0, 0, 0)
        row.addWidget(self._links, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(row)

    def _about_details(self) -> QWidget:
        """Two links that stay in one line: the second belongs to the first."""
        self._expand = link_button(tr("Details"), self._toggle_details)
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self._expand)
        row.addWidget(link_button(tr("Copy"), self._copy))
        return both

    def _act(self, action: ToastAction) -> None:
        self.dismiss()
        action.run()

    def _toggle_details(self) -> None:
        shown = self._more.isVisible()
        self._more.setVisible(not shown)
        self._expand.setText(tr("Details") if shown else tr("Less"))
        self.grown.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.notice.title}\n{self._details}")


def _indented(label: QLabel) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(_ICON + GAP, 0, 0, 0)
    row.addWidget(label, 0, Qt.AlignmentFlag.AlignLeft)
    return row


class _Text(QLabel):
    """Wrapped text of a given width; nested layouts would only estimate how high it is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def fit(self, width: int) -> None:
        """Take the height of all lines, in the font that the stylesheet gives."""
        self.ensurePolished()
        self.setMinimumSize(0, 0)  # Qt never reckons with less than that
        self.setFixedSize(width, max(1, self.heightForWidth(width)))


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


def link_button(title: str, run: Callable[[], None]) -> QPushButton:
    """A button that looks like a link, and takes no focus by a click."""
    button = QPushButton(title)
    button.setProperty("role", "link")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(run)
    return button
