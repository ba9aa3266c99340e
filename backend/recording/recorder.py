"""A reader of a run that writes everything it is given into a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

from backend.core.errors import ConsoleError
from backend.core.samples import Frame
from backend.session.sinks import (
    AUDIO,
    FAILURES,
    LOSSES,
    NOTICES,
    RESULTS,
    SENT,
    STATUS,
    WORDS,
    Item,
    Topic,
)
from backend.wire.recording.file import RecordingFile
from backend.wire.recording.output import OutputFile, RecordingFailed

QUEUE_ITEMS = 4096
QUEUE_BYTES = 256 * 1024 * 1024
"""What may wait for a disk that is slow, before the oldest of it is dropped and counted."""

RECORDED = cast(
    "tuple[Topic[Item], ...]",
    (SENT, AUDIO, RESULTS, FAILURES, LOSSES, WORDS, NOTICES, STATUS),
)


class Recorder:
    """A sink that writes a recording; its file is whole once it is closed.

    Every item is in the file within a second of its coming. A disk that takes no more raises
    RecordingFailed, which ends the recording and nothing else.
    """

    topics = RECORDED

    def __init__(self, output: OutputFile) -> None:
        self._file = RecordingFile(output)
        self._started = time.monotonic()
        self._ended = 0.0
        self.error: ConsoleError | None = None
        """Why the file takes no more."""
        self.path: Path = output.path

    @property
    def size_bytes(self) -> int:
        """How long the file is by now."""
        return self._file.size_bytes

    @property
    def seconds(self) -> float:
        """How long it has been recording, or did."""
        return (self._ended or time.monotonic()) - self._started

    @property
    def closed(self) -> bool:
        """Whether the file has been ended, well or not."""
        return bool(self._ended)

    def write(self, item: Item) -> None:
        """One more item; raises RecordingFailed."""
        if isinstance(item, Frame):
            return
        try:
            self._file.write(item, time.monotonic_ns())
        except RecordingFailed as error:
            self.error = error
            raise

    def close(self) -> None:
        """End the file."""
        try:
            self._file.close()
        except RecordingFailed as error:
            self.error = self.error or error
            raise
        finally:
            self._ended = time.monotonic()
