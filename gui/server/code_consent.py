"""Asks before the code of Python models runs, once for a folder."""

from __future__ import annotations

from collections import deque
from html import escape
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QFontMetrics, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from gui.state.models import CodeQuestion, RepositoryControl
from gui.widgets.dialog_buttons import ButtonBox
from gui.widgets.language import count, tr
from gui.widgets.theme import GAP, GAP_LARGE

_WIDTH = 520
_ROW_HEIGHT, _MOST_ROWS = 22, 8


class CodeDialog(QDialog):
    """What would run, from where, and two answers; closing it is none.

    `allowed` is the answer, None before there is one.
    """

    def __init__(self, window: QWidget, question: CodeQuestion) -> None:
        super().__init__(window)
        self.question = question
        self.allowed: bool | None = None
        self.setWindowTitle(tr("Run Python models?"))
        heading = QLabel(
            count(
                len(question.codes),
                "Run {n} Python model from this folder?",
                "Run {n} Python models from this folder?",
            )
        )
        heading.setProperty("role", "title")
        folder = QLabel(_elided(str(question.root), heading))
        folder.setToolTip(_tip(question.root))
        words = _words(
            tr(
                "Such a model is a program. It runs with your rights: it can read and change your "
                "files and use the network. Run it only if you trust where it comes from."
            ),
            "muted",
        )
        changed = _words(
            tr("You decided on this folder before, and its files have changed since."), "warning"
        )
        changed.setVisible(question.changed)
        self.files = _list(question)
        kept = _words(
            tr("You are asked again when anything in the folder of such a model changes."),
            "caption",
        )
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        for widget in (heading, folder, words, changed, self.files, kept):
            if isinstance(widget, QLabel):  # names of files are no markup
                widget.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(widget)
        column.addSpacing(GAP)
        column.addWidget(self._buttons())

    def showEvent(self, event: QShowEvent) -> None:
        """The safe answer has the focus; Qt would give it to the list."""
        super().showEvent(event)
        self.others.setFocus(Qt.FocusReason.OtherFocusReason)

    def _buttons(self) -> QDialogButtonBox:
        box = ButtonBox()
        self.run = box.add(
            count(len(self.question.codes), "Run this model", "Run these models"),
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        self.others = box.add(tr("Only the other models"), QDialogButtonBox.ButtonRole.RejectRole)
        self.run.setAutoDefault(False)
        self.others.setProperty("role", "primary")
        self.others.setDefault(True)
        self.run.clicked.connect(lambda: self._answer(allowed=True))
        self.others.clicked.connect(lambda: self._answer(allowed=False))
        return box

    def _answer(self, *, allowed: bool) -> None:
        self.allowed = allowed
        self.accept()


class CodeConsent(QObject):
    """Puts the questions of the models to the user, one at a time, and gives the answers back.

    A question that is closed without an answer comes again at the next start.
    """

    def __init__(self, window: QWidget, control: RepositoryControl) -> None:
        super().__init__(window)
        self._window = window
        self._control = control
        self._waiting: deque[CodeQuestion] = deque()
        self.dialog: CodeDialog | None = None
        control.question_raised.connect(self.ask)

    @Slot(object)
    def ask(self, question: CodeQuestion) -> None:
        """Ask as soon as no other question is open; the same one is asked once."""
        open_ = [self.dialog.question] if self.dialog is not None else []
        if question not in (*open_, *self._waiting):
            self._waiting.append(question)
        self._open_next()

    def _open_next(self) -> None:
        # A window that is being closed has hidden itself, and asks nothing more.
        if self.dialog is not None or not self._waiting or not self._window.isVisible():
            return
        self.dialog = CodeDialog(self._window, self._waiting.popleft())
        self.dialog.finished.connect(self._finished)
        self.dialog.open()

    @Slot()
    def _finished(self) -> None:
        dialog, self.dialog = self.dialog, None
        assert dialog is not None
        if dialog.allowed is not None:
            self._control.answer(dialog.question, allowed=dialog.allowed)
        dialog.deleteLater()
        self._open_next()


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setFixedWidth(_WIDTH)
    return label


def _list(question: CodeQuestion) -> QListWidget:
    """Every file that would run; it can be scrolled with the keyboard."""
    files = QListWidget()
    files.setAccessibleName(tr("Files that would run"))
    files.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    files.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    files.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    for code in question.codes:
        for file in code.files:
            files.addItem(str(_relative(file, question.root)))
            files.item(files.count() - 1).setToolTip(_tip(file))
    rows = min(files.count(), _MOST_ROWS)
    files.setFixedSize(_WIDTH, rows * _ROW_HEIGHT + 2 * GAP)
    return files


def _tip(path: Path) -> str:
    """The whole path; Qt would take a name with a tag in it for markup."""
    return f"<span>{escape(str(path))}</span>"


def _relative(file: Path, root: Path) -> Path:
    return file.relative_to(root) if file.is_relative_to(root) else file


def _elided(text: str, label: QLabel) -> str:
    metrics = QFontMetrics(label.font())
    return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, _WIDTH)
