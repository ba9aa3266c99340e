"""What webcams and network cameras have in common: a source over a live stream of pictures."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod

from backend.core.defaults import CAMERA_CONNECT_S
from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.core.samples import Frame, MediaKind
from backend.core.status import SourceInfo
from backend.core.wording import Wording
from backend.sources.cameras.newest import Arrived, LiveStream, NewestReader, still_busy

_STEP_S = 0.1
_LET_GO_S = 3.0
_BAD_IN_A_ROW = 30


class LiveSource(ABC):
    """Gives the newest picture of a stream that `connect` opens; the base of the live cameras.

    `connect_within_s` bounds the wait until the stream is open, `first_within_s` that for the first
    picture then, `silent_after_s` that between pictures; SourceError(SILENT) is raised when it is
    over, so that the owner opens it anew.
    `seq` counts what the camera gave: a gap means that a newer picture replaced others unread.
    """

    def __init__(
        self,
        name: str,
        *,
        first_within_s: float,
        silent_after_s: float,
        connect_within_s: float = CAMERA_CONNECT_S,
    ) -> None:
        self._name = name
        self._connect_within_s = connect_within_s
        self._first_within_s = first_within_s
        self._silent_after_s = silent_after_s
        self._reader: NewestReader | None = None
        self._first: Frame | None = None
        self._last_at = 0.0
        self._bad = 0
        self._info = SourceInfo(MediaKind.IMAGE, name, live=True)

    @property
    def info(self) -> SourceInfo:
        """The camera's name and, once open, its size and announced rate."""
        return self._info

    @abstractmethod
    def connect(self) -> LiveStream:
        """Open the device or connection; runs on the reader's thread, may block for seconds."""

    def open(self, stop: threading.Event) -> SourceInfo:
        """Connect and wait for the first picture; raises SourceError if none comes."""
        self._wait_until_let_go(stop)
        reader = NewestReader(f"reader {self._name}", self.connect)
        self._reader = reader
        self._bad = 0
        reader.start()
        frame = self._wait_for_first(reader, stop)
        self._last_at = time.monotonic()
        if frame is not None:
            self._info = SourceInfo(
                MediaKind.IMAGE,
                self._name,
                live=True,
                width=frame.width,
                height=frame.height,
                rate=reader.rate,
            )
        return self._info

    def read(self, stop: threading.Event) -> Frame | None:
        """The newest picture, or None if none came within a tenth of a second."""
        reader = self._reader
        if reader is None:
            raise SourceError(SourceFault.LOST, f"{self._name} is not open.")
        if stop.is_set():
            return None
        if self._first is not None:
            first, self._first = self._first, None
            return first
        arrived = reader.take(_STEP_S)
        if arrived is None:
            self._check_silence(Wording("no new picture"), self._silent_after_s)
            return None
        frame = self._frame(arrived)
        if frame is not None:
            self._last_at = time.monotonic()
        return frame

    def close(self) -> None:
        """Let go of the camera; a driver that does not answer is left behind."""
        self._first = None
        if self._reader is not None:
            self._reader.close()

    def _wait_until_let_go(self, stop: threading.Event) -> None:
        """A camera opens once: give a reader that was left behind time to close it."""
        reader = self._reader
        until = time.monotonic() + _LET_GO_S
        while reader is not None and reader.alive and not stop.is_set():
            if time.monotonic() > until:
                raise still_busy(self._name)
            reader.join(_STEP_S)

    def _wait_for_first(self, reader: NewestReader, stop: threading.Event) -> Frame | None:
        """The first picture that decodes, which `read` will give; None if `stop` was set."""
        self._last_at = time.monotonic()
        connect_until = self._last_at + self._connect_within_s
        while not stop.is_set():
            arrived = reader.take(_STEP_S)
            if arrived is not None:
                self._first = self._frame(arrived)
                if self._first is not None:
                    return self._first
            elif reader.connected.is_set():
                self._check_silence(Wording("no picture at all"), self._first_within_s)
            else:
                self._last_at = time.monotonic()
                if self._last_at > connect_until:
                    raise self._not_open()
        return None

    def _not_open(self) -> SourceError:
        return SourceError(
            SourceFault.SILENT,
            Wording(
                "{source} has not opened within {seconds} s.",
                source=self._name,
                seconds=round(self._connect_within_s),
            ),
            hint=Wording("Check that it is a camera, and that nothing else uses it."),
        )

    def _frame(self, arrived: Arrived) -> Frame | None:
        """None for a damaged picture; many of them in a row raise SourceError."""
        try:
            pixels = arrived.pixels()
        except InvalidInput as error:
            self._bad += 1
            if self._bad < _BAD_IN_A_ROW:
                return None
            raise SourceError(
                SourceFault.UNREADABLE,
                Wording(
                    "{source} sends pictures that cannot be decoded: {reason}",
                    source=self._name,
                    reason=error.message,
                ),
            ) from error
        self._bad = 0
        return Frame(arrived.number, arrived.captured_ns, pixels)

    def _check_silence(self, what: Wording, limit_s: float) -> None:
        silent_s = time.monotonic() - self._last_at
        if silent_s > limit_s:
            raise SourceError(
                SourceFault.SILENT,
                Wording(
                    "{source} is open but has given {what} for {seconds} s.",
                    source=self._name,
                    what=what,
                    seconds=round(silent_s),
                ),
                hint=Wording(
                    "Check the camera's own light, cable or switch; a lower mode may help."
                ),
            )
