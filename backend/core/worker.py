"""Threads with a name, one start, one stop and a verdict."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger("inferdeck.worker")


class Worker:
    """A named daemon thread that runs `body(stop)` once.

    `stop` is set by `request_stop`; a body returns soon after. An exception that leaves the body
    is kept in `error`, so that the owner can report it.
    """

    def __init__(self, name: str, body: Callable[[threading.Event], None]) -> None:
        self._body = body
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.error: BaseException | None = None

    @property
    def name(self) -> str:
        """The thread's name."""
        return self._thread.name

    @property
    def alive(self) -> bool:
        """Whether the body still runs."""
        return self._thread.is_alive()

    def start(self) -> Worker:
        """Start the thread."""
        self._thread.start()
        return self

    def request_stop(self) -> None:
        """Ask the body to return, without waiting."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the body; True if it has returned."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def __enter__(self) -> Worker:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.request_stop()
        if not self.join(2.0):
            raise RuntimeError(f"{self.name} ignored its stop event")

    def _run(self) -> None:
        try:
            self._body(self._stop)
        except BaseException as error:  # noqa: BLE001 - the owner reports it
            self.error = error
            _log.exception("Thread %s died", self._thread.name)
