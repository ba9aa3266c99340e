"""Draws what will be painted next while the window's thread does other things."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend.core.worker import Worker

_END_WITHIN_S = 2.0

Work = Callable[[], None]


class DrawingThread:
    """Does one piece of work after another, always the newest, from `start` to `close`.

    What the work draws on is the thread's until `rest` returns, which is for the window's thread to
    call before it looks at it. Until it is closed, the `done` of a piece of work is called once it
    is done or dropped by `rest`; that of one replaced by a newer is not.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next: tuple[Work, Callable[[], None]] | None = None
        self._works, self._open = False, False
        self._worker = Worker("overlay", lambda _stop: self._run())

    def start(self) -> None:
        """Begin; once only."""
        self._open = True
        self._worker.start()

    def do(self, work: Work, done: Callable[[], None]) -> bool:
        """Do this soon, in place of what has not begun; False before the start and once closed."""
        with self._changed:
            if self._open:
                self._next = work, done
                self._changed.notify_all()
            return self._open

    def rest(self) -> None:
        """Drop what has not begun, and wait for what has."""
        with self._changed:
            dropped, self._next = self._next, None
            self._changed.wait_for(lambda: not self._works)
        if dropped is not None:
            dropped[1]()

    def close(self) -> None:
        """Drop what has not begun and end, waiting for that; from any thread."""
        with self._changed:
            was_open, self._open = self._open, False
            dropped, self._next = self._next, None
            self._changed.notify_all()
        if dropped is not None:
            dropped[1]()
        if was_open:
            self._worker.join(_END_WITHIN_S)

    def _run(self) -> None:
        while (job := self._take()) is not None:
            work, done = job
            try:
                work()
            except Exception:  # noqa: BLE001, S110 - painting meets it again, where it is shown
                pass
            finally:
                with self._changed:
                    self._works = False
                    self._changed.notify_all()
            done()

    def _take(self) -> tuple[Work, Callable[[], None]] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._next is not None or not self._open)
            job, self._next = self._next, None
            self._works = job is not None
            return job
