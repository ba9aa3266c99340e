"""The history as the page uses it: kept and read off the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import Overloaded
from backend.core.status import Notice, Severity
from backend.inspector.calls import Exchange
from backend.inspector.history import History, HistoryRow, export_exchanges, import_into
from gui.inspect.history.list import HistoryList
from gui.widgets.file_dialogs import ask_file, ask_new_file
from gui.widgets.language import count, tr
from gui.widgets.theme import Palette
from gui.workspace.notices import ToastAction
from gui.workspace.pages import PageHost

T = TypeVar("T")
_UNDO_MS = 10_000


class HistoryController(QObject):
    """Fills the list and does what is asked of it; the file is opened when it is first needed."""

    opened = Signal(object)
    """The Exchange that is to be shown."""
    resent = Signal(object)
    """The Exchange that is to be sent again."""
    save_wanted = Signal(object)
    """The Exchange whose request is to be saved."""
    compared = Signal(object, object)
    """Two Exchanges, the older first."""

    def __init__(
        self, host: PageHost, open_history: Callable[[], History], palette: Palette, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._host = host
        self._open = open_history
        self._history: History | None = None
        self._opening = threading.Lock()
        self._closed = False
        self._noticed = ""
        self._busy = False
        self._waiting: list[Callable[[], None]] = []
        self.list = HistoryList(palette)
        self._forget = QTimer(self, singleShot=True, interval=_UNDO_MS)
        self._forget.timeout.connect(self._forget_cleared)
        self.list.searched.connect(lambda _words: self.refresh())
        self.list.opened.connect(partial(self._get, self.opened))
        self.list.resend_wanted.connect(partial(self._get, self.resent))
        self.list.save_wanted.connect(partial(self._get, self.save_wanted))
        self.list.diff_wanted.connect(self._get_two)
        self.list.pin_wanted.connect(self._pin)
        self.list.delete_wanted.connect(
            lambda number: self._do(lambda past: past.delete(number), self._changed)
        )
        self.list.clear_wanted.connect(self._clear)
        self.list.export_wanted.connect(self._export)
        self.list.import_wanted.connect(self._import)

    def keep(self, exchange: Exchange) -> None:
        """Remember an exchange."""
        self._do(lambda past: past.add(exchange), self._changed)

    @Slot()
    def refresh(self) -> None:
        """Fill the list."""
        words = self.list.search.text()

        def filled(rows: tuple[HistoryRow, ...]) -> None:
            self.list.show_rows(rows)

        self._do(lambda past: past.rows(words), filled)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.list.set_palette_roles(palette)

    def close(self) -> None:
        """Let go of the file, also if it is just being opened."""
        self._forget.stop()
        self._waiting.clear()
        with self._opening:
            self._closed = True
            history = self._history
        if history is not None:
            history.close()

    def _changed(self, _outcome: object) -> None:
        self.refresh()

    def _get(self, signal: object, number: int) -> None:
        self._do(lambda past: past.get(number), signal.emit)  # type: ignore[attr-defined]

    @Slot(int, int)
    def _get_two(self, older: int, newer: int) -> None:
        def got(pair: tuple[Exchange, Exchange]) -> None:
            self.compared.emit(*pair)

        self._do(lambda past: (past.get(older), past.get(newer)), got)

    @Slot(int, bool)
    def _pin(self, number: int, pinned: bool) -> None:
        self._do(lambda past: past.pin(number, pinned=pinned), self._changed)

    @Slot()
    def _clear(self) -> None:
        def cleared(many: int) -> None:
            self.refresh()
            self._forget.start()
            words = count(many, "{n} exchange", "{n} exchanges")
            self._host.notifier.show_notice(
                Notice(Severity.WARNING, tr("History cleared"), words),
                (ToastAction(tr("Undo"), self._undo_clear),),
            )

        self._do(lambda past: past.clear(), cleared)

    def _undo_clear(self) -> None:
        self._forget.stop()
        self._do(lambda past: past.undo_clear(), self._changed)

    @Slot()
    def _forget_cleared(self) -> None:
        self._do(lambda past: past.forget_cleared(), self._changed)

    @Slot()
    def _export(self) -> None:
        words = self.list.search.text()

        def save(path: str) -> None:
            def export(past: History) -> int:
                numbers = [row.id for row in past.rows(words)]
                return export_exchanges(Path(path), (past.get(number) for number in numbers))

            self._do(export, lambda many: self._tell(tr("Exported"), many))

        ask_new_file(self.list, tr("Export the history"), "history.jsonl", save)

    @Slot()
    def _import(self) -> None:
        def read(path: str) -> None:
            def imported(many: int) -> None:
                self.refresh()
                self._tell(tr("Imported"), many)

            self._do(lambda past: import_into(past, Path(path)), imported)

        ask_file(self.list, tr("Import a history"), read, f"{tr('History')} (*.jsonl)")

    def _tell(self, title: str, many: int) -> None:
        words = count(many, "{n} exchange", "{n} exchanges")
        self._host.notifier.show_notice(Notice(Severity.INFO, title, words))

    def _tell_notice(self) -> None:
        """Say once what became of a file that was of no use."""
        if self._history is not None and self._history.notice != self._noticed:
            self._noticed = self._history.notice
            self._host.notifier.show_notice(Notice(Severity.WARNING, tr("History"), self._noticed))

    def _do(self, work: Callable[[History], T], done: Callable[[T], None]) -> None:
        """One thing after another, so that the list shows what was done last."""
        self._waiting.append(partial(self._start, work, done))
        self._next()

    def _next(self) -> None:
        if not (self._busy or self._closed) and self._waiting:
            self._busy = True
            self._waiting.pop(0)()

    def _start(self, work: Callable[[History], T], done: Callable[[T], None]) -> None:
        def on_history() -> T:
            with self._opening:
                if self._closed:
                    raise Overloaded("The window is being closed.")
                if self._history is None:
                    self._history = self._open()
                history = self._history
            return work(history)

        def finished(outcome: T) -> None:
            self._busy = False
            self._tell_notice()
            done(outcome)
            self._next()

        def failed(error: Exception) -> None:
            self._busy = False
            self._host.notifier.show_error(error)
            self._next()

        self._host.tasks.start("history", on_history, finished, failed)
