"""The one way to run blocking work off the window's thread and get its outcome back on it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.core.errors import Overloaded
from backend.core.worker import Worker
from gui.widgets.language import tr

T = TypeVar("T")
Done = Callable[[T], None]
Failed = Callable[[Exception], None]

_MOST_AT_ONCE = 16


class Tasks(Protocol):
    """Runs work somewhere else; `done` or `failed` is called on the window's thread."""

    def start(self, name: str, work: Callable[[], T], done: Done[T], failed: Failed) -> None:
        """Begin; exactly one of `done` and `failed` follows, unless the tasks are closed first."""
        ...


class ThreadTasks(QObject):
    """Each piece of work gets a daemon thread of its own; at most sixteen at once."""

    _delivered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._running: dict[int, Worker] = {}
        self._open = True
        self._delivered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(self, name: str, work: Callable[[], T], done: Done[T], failed: Failed) -> None:
        """Begin; `failed` gets an Overloaded error at once if too much is under way."""
        if len(self._running) >= _MOST_AT_ONCE:
            failed(Overloaded(tr("Too much is under way already."), tr("Try again in a moment.")))
            return
        number = next(self._numbers)

        def body(_stop: object) -> None:
            outcome = _outcome(work, done, failed)
            if self._open:
                self._delivered.emit((number, outcome))

        self._running[number] = Worker(f"task-{name}", body).start()

    def close(self, timeout_s: float = 1.0) -> bool:
        """Deliver nothing any more and wait for what runs, together at most `timeout_s`; True if
        all of it has ended."""
        self._open = False
        until = time.monotonic() + timeout_s
        workers = list(self._running.values())
        self._running.clear()
        return all(worker.join(max(0.0, until - time.monotonic())) for worker in workers)

    @Slot(object)
    def _deliver(self, numbered: tuple[int, Callable[[], None]]) -> None:
        number, outcome = numbered
        self._running.pop(number, None)
        if self._open:
            outcome()


def _outcome(work: Callable[[], T], done: Done[T], failed: Failed) -> Callable[[], None]:
    result: Any
    try:
        result = work()
    except Exception as error:  # noqa: BLE001 - handed to the one who asked
        problem = error
        return lambda: failed(problem)
    return lambda: done(result)
