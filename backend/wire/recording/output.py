"""The file that a recording is written to: never over another, and whole records only."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mcap.data_stream import RecordBuilder
from mcap.records import DataEnd, Footer
from mcap.writer import MCAP0_MAGIC

from backend.core.errors import ConsoleError, UsageError

_ATTEMPTS = 1000


class RecordingFailed(ConsoleError):
    """The recording ended early; its file holds what came until then."""

    exit_code = 2


class OutputFile:
    """Takes whole records, one `write` for some of them; what fails leaves no part of one.

    Raises RecordingFailed once the disk takes no more; everything after that is refused alike.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = 0
        self._failure = ""
        self._closed = False

    @property
    def size_bytes(self) -> int:
        """Bytes of whole records so far."""
        return self._size

    @property
    def failed(self) -> bool:
        """Whether the disk has refused something."""
        return bool(self._failure)

    def write(self, data: bytes) -> int:
        """All of the bytes, however many steps the system takes for it."""
        if self._failure:
            raise RecordingFailed(self._failure)
        view = memoryview(data)
        rest = view
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            self._fail(error)
        self._size += len(view)
        return len(view)

    def tell(self) -> int:
        """Where the next record goes."""
        return self._size

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Let go of the file."""
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)

    def _fail(self, error: OSError) -> None:
        """End the file after its last whole record, so that every reader takes it."""
        self._failure = (
            f"{self.path.name} cannot be written on: {error.strerror or error}. "
            "It holds what came until then."
        )
        with suppress(OSError):
            os.ftruncate(self._descriptor, self._size)
            os.lseek(self._descriptor, self._size, os.SEEK_SET)
            os.write(self._descriptor, _ENDING)
        raise RecordingFailed(self._failure) from error


def create(path: Path, *, numbered: bool = False) -> OutputFile:
    """A new file for this user alone; with `numbered`, NAME-2 and so on if there is one already.

    Raises UsageError for a file that exists or a place where none can be.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    for attempt in range(1, _ATTEMPTS):
        place = path if attempt == 1 else path.with_stem(f"{path.stem}-{attempt}")
        try:
            return OutputFile(place, os.open(place, flags, 0o600))
        except FileExistsError:
            if not numbered:
                break
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror or error}.",
                "Choose another file, in a folder that is there.",
            ) from error
    raise UsageError(f"{path} is there already.", "Choose another name, or move that file away.")


def _ending() -> bytes:
    """A data section's end and a footer without summary, as the format allows it."""
    builder = RecordBuilder()
    DataEnd(0).write(builder)
    Footer(summary_start=0, summary_offset_start=0, summary_crc=0).write(builder)
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data + MCAP0_MAGIC


_ENDING = _ending()
