"""Keeps up with a live stream: a thread reads all of it, and only the newest picture is kept."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend.core.errors import SourceError, SourceFault
from backend.core.flow import LatestSlot
from backend.core.tensors import Array
from backend.core.wording import Wording
from backend.core.worker import Worker

_AT_EXIT_S = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Arrived:
    """One picture as it came: its number, the moment, and how to make RGB pixels of it.

    `pixels` is called only for pictures that are wanted; it may raise InvalidInput.
    """

    number: int
    captured_ns: int
    pixels: Callable[[], Array]


class LiveStream(Protocol):
    """An open camera or connection; used by one thread, except for `interrupt`."""

    @property
    def rate(self) -> float:
        """Pictures per second as announced, 0 if unknown."""
        ...

    def read(self) -> Callable[[], Array] | None:
        """The next picture; None if there is none yet. Blocks for a few seconds at most.

        Raises SourceError when the stream has broken.
        """
        ...

    def interrupt(self) -> None:
        """Make a `read` that waits in another thread return soon, if that is possible."""
        ...

    def close(self) -> None:
        """Let go of the device or connection."""
        ...


class NewestReader:
    """Connects, reads and closes a stream on a thread of its own, so that no driver blocks us.

    A reader that is stuck in its driver when it is closed is left behind; it closes its stream as
    soon as the driver lets it.
    """

    def __init__(self, name: str, connect: Callable[[], LiveStream]) -> None:
        self._connect = connect
        self._slot: LatestSlot[Arrived] = LatestSlot()
        self._stream: LiveStream | None = None
        self._failure: SourceError | None = None
        self._worker = Worker(name, self._run)
        self.connected = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether the thread still holds the stream."""
        return self._worker.alive

    @property
    def rate(self) -> float:
        """Pictures per second as announced, 0 if unknown."""
        return 0.0 if self._stream is None else self._stream.rate

    def start(self) -> None:
        """Begin to connect."""
        # A thread that comes back from C++ when Python is gone ends the process with an abort.
        atexit.register(self._wait_at_exit)
        self._worker.start()

    def take(self, timeout_s: float) -> Arrived | None:
        """The newest picture not yet taken, or None; raises SourceError once the stream failed."""
        arrived = self._slot.take(timeout_s)
        if arrived is None and self._failure is not None:
            raise self._failure
        return arrived

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True if it has let go of the stream."""
        return self._worker.join(timeout_s)

    def close(self) -> None:
        """Ask the thread to end; waits for it only briefly."""
        self._worker.request_stop()
        stream = self._stream
        if stream is not None:
            stream.interrupt()
        self._worker.join(0.3)

    def _run(self, stop: threading.Event) -> None:
        try:
            self._connect_and_read(stop)
        finally:
            atexit.unregister(self._wait_at_exit)

    def _wait_at_exit(self) -> None:
        self._worker.request_stop()
        self._worker.join(_AT_EXIT_S)

    def _connect_and_read(self, stop: threading.Event) -> None:
        try:
            stream = self._connect()
        except SourceError as error:
            self._fail(error)
            return
        try:
            self._stream = stream
            self.connected.set()
            self._read(stream, stop)
        except SourceError as error:
            self._fail(error)
        finally:
            stream.close()

    def _read(self, stream: LiveStream, stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            pixels = stream.read()
            if pixels is None:
                continue
            self._slot.put(Arrived(number, time.monotonic_ns(), pixels))
            number += 1

    def _fail(self, error: SourceError) -> None:
        self._failure = error
        self._slot.wake()


def still_busy(name: str) -> SourceError:
    """A stream that was left behind in its driver has not been closed yet."""
    return SourceError(
        SourceFault.BUSY,
        Wording("{camera} has not let go since it was last used.", camera=name),
        hint=Wording("Its driver is slow to answer; it is tried again."),
    )
