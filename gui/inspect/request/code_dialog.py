"""A request as code for elsewhere: chosen, read, copied, and saved with the files it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backend.core.target import Target
from backend.inspector.calls import Request
from backend.inspector.forms import is_inference
from backend.inspector.methods import Method
from backend.inspector.snippets import (
    Snippet,
    curl,
    grpcurl,
    python_grpc,
    python_requests,
    python_tritonclient,
)
from gui.inspect.text_editor import TextEditor
from gui.state.tasks import Tasks
from gui.widgets.file_dialogs import ask_folder
from gui.widgets.language import tr
from gui.widgets.segmented import Segmented
from gui.widgets.theme import GAP, GAP_LARGE, Palette

T = TypeVar("T")
_TICK_MS = 2000


def snippets(request: Request, target: Target, method: Method) -> dict[str, Callable[[], Snippet]]:
    """Every way to write the request, by the name it is offered under."""
    ways: dict[str, Callable[[], Snippet]] = {}
    if request.rest:
        ways["curl"] = lambda: curl(request, target)
        ways["Python requests"] = lambda: python_requests(request, target)
    else:
        ways["grpcurl"] = lambda: grpcurl(request, target, method)
        ways["Python grpc"] = lambda: python_grpc(request, target, method)
    if is_inference(method):
        ways["tritonclient"] = lambda: python_tritonclient(request, target)
    return ways


class CodeDialog(QDialog):
    """Shows one way at a time; Copy says for two seconds that it was done."""

    def __init__(
        self,
        window: QWidget,
        palette: Palette,
        tasks: Tasks,
        ways: Mapping[str, Callable[[], Snippet]],
    ) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Copy as code"))
        self._tasks = tasks
        self._ways = ways
        self._ticket = 0
        self.finished.connect(self._forget)
        self._snippet: Snippet | None = None
        self._choice = Segmented(tr("Language"), [(name, name, "") for name in self._ways])
        self._choice.chosen.connect(self._show)
        self._text = TextEditor(tr("Code"), palette, read_only=True)
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self._copy = QPushButton(tr("Copy"))
        self._copy.setProperty("role", "primary")
        self._copy.setMinimumWidth(96)
        self._copy.setDefault(True)
        self._copy.clicked.connect(self._copied)
        self._save = QPushButton(tr("Save files..."))
        self._save.setToolTip(tr("Write the files that the code reads into a folder"))
        self._save.clicked.connect(self._saved)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        for button in (self._save, close):
            button.setAutoDefault(False)
        top = QHBoxLayout()
        top.addWidget(self._choice)
        top.addStretch(1)
        bottom = QHBoxLayout()
        bottom.setSpacing(GAP)
        bottom.addWidget(self._save)
        bottom.addStretch(1)
        bottom.addWidget(close)
        bottom.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self._text, 1)
        column.addWidget(self._note)
        column.addLayout(bottom)
        self.resize(720, 460)
        self._untick = QTimer(self, singleShot=True, interval=_TICK_MS)
        self._untick.timeout.connect(lambda: self._copy.setText(tr("Copy")))
        self._choice.set_value(next(iter(self._ways)))
        self._show(self._choice.value)
        self._copy.setFocus()

    @property
    def code(self) -> str:
        """What is on show."""
        return self._text.toPlainText()

    @Slot(str)
    def _show(self, way: str) -> None:
        self._show_snippet(None)
        self._say(tr("Writing the code..."))
        self._elsewhere("code", self._ways[way], self._show_snippet)

    def _show_snippet(self, snippet: Snippet | None) -> None:
        self._snippet = snippet
        self._text.setPlainText(snippet.text if snippet else "")
        self._say(_words(snippet) if snippet else "")
        self._save.setVisible(bool(snippet and snippet.files))
        self._copy.setEnabled(snippet is not None)

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _elsewhere(self, name: str, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run what may take its time; nothing is told of what is not wanted any more."""
        self._ticket += 1
        ticket = self._ticket

        def finished(outcome: T) -> None:
            if ticket == self._ticket:
                done(outcome)

        def failed(error: Exception) -> None:
            if ticket == self._ticket:
                self._say(str(error))

        self._tasks.start(name, work, finished, failed)

    @Slot()
    def _forget(self) -> None:
        self._ticket += 1

    @Slot()
    def _copied(self) -> None:
        QGuiApplication.clipboard().setText(self.code)
        self._copy.setText("\u2713 " + tr("Copied"))
        self._untick.start()

    @Slot()
    def _saved(self) -> None:
        ask_folder(self, tr("Save the files of the code"), self.save_in)

    def save_in(self, folder: str) -> None:
        """Write the files of the code there."""
        snippet = self._snippet
        if snippet is None:
            return

        def saved(paths: tuple[Path, ...]) -> None:
            names = ", ".join(path.name for path in paths)
            self._say(tr("Saved {names} in {folder}.", names=names, folder=folder))

        self._elsewhere("save", lambda: snippet.save(Path(folder)), saved)


def _words(snippet: Snippet) -> str:
    lines = list(snippet.notes)
    if snippet.files:
        names = ", ".join(file.name for file in snippet.files)
        lines.append(tr("It reads {names}, which must be saved beside it.", names=names))
    if snippet.variables:
        names = ", ".join(snippet.variables)
        lines.append(tr("Secrets are read from the environment: {names}.", names=names))
    return "\n".join(lines)
