"""What a notice can lead to, and notices from before there is a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from backend.core.status import Notice, Severity
from gui.widgets.language import tr


@dataclass(frozen=True, slots=True)
class ToastAction:
    """A button on a toast, which closes after it."""

    title: str
    run: Callable[[], None]


def show_folder(folder: Path) -> ToastAction:
    """Leads to a folder in the system's own window of files."""

    def show() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    return ToastAction(tr("Show the folder"), show)


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
