"""What a notice can lead to, and notices from before there is a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.core.status import Notice, Severity
from gui.widgets.language import tr


@dataclass(frozen=True, slots=True)
class ToastAction:
    """A button on a toast, which closes after it."""

    title: str
    run: Callable[[], None]


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
