"""Results in files: opened, set beside another, saved and exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from backend.compare.bench import BenchResult, as_csv, as_markdown, encode_result, read_result
from backend.compare.bench import verdict_of as verdict
from backend.core.errors import UsageError
from backend.core.status import Notice, Severity
from gui.compare.verdict_card import LANGUAGE
from gui.widgets.file_dialogs import ask_file, ask_new_file
from gui.widgets.language import marked, tr
from gui.workspace.commands import Command
from gui.workspace.pages import PageHost

_MENU = marked("Compare")
_EXPORTS = {
    "csv": marked("Export as CSV..."),
    "md": marked("Export as Markdown..."),
    "png": marked("Export as PNG..."),
}


class ResultFiles(QObject):
    """Asks for files over `window`, and reads and writes them elsewhere.

    `opened` and `compared` take what was read; `shown` is the result on show, None without one.
    """

    def __init__(
        self,
        host: PageHost,
        window: QWidget,
        shown: Callable[[], BenchResult | None],
        opened: Callable[[Path, BenchResult], None],
        compared: Callable[[Path, BenchResult], None],
    ) -> None:
        super().__init__(window)
        self._host, self._window, self._shown = host, window, shown
        self._opened, self._compared = opened, compared

    def commands(self) -> Iterator[Command]:
        """What can be done with files."""
        yield Command("compare.open", tr("Open a result..."), self.ask_open, f"{_MENU}/file")
        yield Command("compare.against", tr("Compare with..."), self.ask_against, f"{_MENU}/file")
        yield Command(
            "compare.save",
            tr("Save the result..."),
            partial(self.ask_export, "json"),
            f"{_MENU}/file",
        )
        yield Command("compare.copy", tr("Copy as Markdown"), self.copy, f"{_MENU}/file")
        for form, title in _EXPORTS.items():
            yield Command(
                f"compare.export.{form}",
                tr(title),
                partial(self.ask_export, form),
                f"{_MENU}/export",
            )

    @Slot()
    def ask_open(self) -> None:
        """Show a saved result."""
        self._ask(tr("Open a result"), self._opened)

    @Slot()
    def ask_against(self) -> None:
        """Set a saved result beside the one on show."""
        self._ask(tr("Compare with a result"), self._compared)

    def _ask(self, title: str, use: Callable[[Path, BenchResult], None]) -> None:
        ask_file(self._window, title, partial(self.read, use), tr("Results (*.json)"))

    def read(self, use: Callable[[Path, BenchResult], None], path: str) -> None:
        """Read a file and hand it to `use`."""
        self._host.tasks.start(
            "bench-result",
            lambda: read_result(Path(path)),
            partial(use, Path(path)),
            self._host.notifier.show_error,
        )

    @Slot()
    def copy(self) -> None:
        """Put the result on show into the clipboard, as Markdown."""
        if (result := self._result()) is not None:
            QGuiApplication.clipboard().setText(_markdown(result))
            notice = Notice(Severity.INFO, tr("Copied the result as Markdown"))
            self._host.notifier.show_notice(notice)

    def _result(self) -> BenchResult | None:
        """The one on show; where there is none, that is said."""
        if (result := self._shown()) is None:
            self._host.notifier.show_error(
                UsageError(tr("There is no result yet."), tr("Measure, or open one."))
            )
        return result

    def ask_export(self, form: str) -> None:
        """Write the result on show as json, csv, md or png."""
        if self._result() is None:
            return
        ask_new_file(
            self._window, tr("Save the result"), f"compare.{form}", partial(self.export, form)
        )

    def export(self, form: str, path: str) -> None:
        """Write the result on show to this file; a picture is of the whole page."""
        result = self._shown()
        assert result is not None
        if form == "png":
            if not self._window.grab().save(path, "PNG"):
                problem = tr("{path} cannot be written.", path=path)
                self._host.notifier.show_error(UsageError(problem))
            else:
                self._tell_saved(Path(path))
            return
        self._host.tasks.start(
            "bench-export",
            lambda: _write(Path(path), _encoded(form, result)),
            self._tell_saved,
            self._host.notifier.show_error,
        )

    def _tell_saved(self, path: Path) -> None:
        folder = tr("It is in {folder}.", folder=str(path.parent))
        notice = Notice(Severity.INFO, tr("Saved: {file}", file=path.name), folder)
        self._host.notifier.show_notice(notice)


def _write(path: Path, data: bytes) -> Path:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(tr("{path} cannot be written.", path=path), str(error)) from error
    return path


def _encoded(form: str, result: BenchResult) -> bytes:
    if form == "csv":
        return as_csv(result).encode()
    if form == "md":
        return _markdown(result).encode()
    return encode_result(result)


def _markdown(result: BenchResult) -> str:
    return as_markdown(result, verdict(result, LANGUAGE))
