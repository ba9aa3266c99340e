"""A log handler that never makes anybody wait for whoever reads the log."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TextIO

from backend.core.worker import Worker

LINES_WAITING = 1000
"""Lines that may wait to be written; more are counted and left out."""

_STOP_WITHIN_S = 0.5


class LogWriter(logging.Handler):
    """Writes lines to a stream on a thread of its own.

    A pipe that nobody reads would otherwise stop the server at its first full buffer. While
    `LINES_WAITING` wait, further lines are left out, and their number is written afterwards.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(LINES_WAITING)
        self._left_out = 0
        self._worker = Worker("server-log", self._write).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line, or leave it out."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._left_out += 1
        except Exception:  # noqa: BLE001 - a line that cannot be made is no error of the caller
            self.handleError(record)

    def close(self) -> None:
        """Write what waits, as far as that goes within half a second."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            self._worker.request_stop()
        self._worker.join(_STOP_WITHIN_S)
        super().close()

    def _write(self, stop: threading.Event) -> None:
        while not stop.is_set():
            line = self._lines.get()
            if line is None:
                return
            left_out, self._left_out = self._left_out, 0
            more = f"{left_out} lines were left out\n" if left_out else ""
            try:
                self._stream.write(f"{line}\n{more}")
                self._stream.flush()
            except (OSError, ValueError):  # closed at the other end, or here
                return
