"""A file that is not whole yet, and what says whether the rest of it still belongs to it."""

from __future__ import annotations

import contextlib
import hashlib
import os
from io import FileIO
from pathlib import Path

import msgspec

from backend.core.files.private import private_folder
from backend.core.files.regular import open_regular, read_regular
from backend.gallery.cancelling import Cancellation
from backend.gallery.entry import GalleryFile
from backend.gallery.faults import DownloadError, DownloadFault, disk_error

_PIECE = 1024 * 1024
_MOST_BYTES = 16 * 1024


class Validator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which file the saved bytes are of: its address, and what the server calls its state."""

    url: str
    etag: str = ""
    modified: str = ""

    @property
    def if_range(self) -> str:
        """On condition of what the rest is asked for, '' if nothing is certain enough."""
        if self.etag:
            return "" if self.etag.startswith("W/") else self.etag
        return self.modified


class PartialFile:
    """The bytes of one file up to now, at ``PATH.part``; used by who holds the model's lock.

    What `append` has written outlives the process. Closed by its `with`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._note = path.with_name(f"{path.name}.part.json")
        self._file: FileIO | None = None

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def count(self) -> int:
        """How many bytes are there."""
        if self._file is not None:
            return self._file.tell()
        try:
            return self._part.stat().st_size
        except OSError:
            return 0

    def saved(self, url: str, most: int) -> Validator | None:
        """Of which file the saved bytes are; without any of use, None, and they are removed."""
        try:
            validator = msgspec.json.decode(read_regular(self._note, _MOST_BYTES), type=Validator)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            validator = None
        if validator is None or validator.url != url or not 0 < self.count <= most:
            self.discard()
            return None
        return validator

    def begin(self, validator: Validator) -> None:
        """Forget what is there: the bytes that follow are of this file. Raises DownloadError."""
        self.discard()
        try:
            private_folder(self._part.parent)
            self._note.write_bytes(msgspec.json.encode(validator))
            self._part.touch(0o600)
        except OSError as error:
            raise disk_error(error, self._part) from None

    def append(self, data: bytes) -> None:
        """Add bytes; raises DownloadError."""
        rest = memoryview(data)
        try:
            if self._file is None:
                self._file = self._part.open("ab", buffering=0)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise disk_error(error, self._part) from None

    def discard(self) -> None:
        """Remove what is there."""
        self._close()
        for path in (self._part, self._note):
            with contextlib.suppress(OSError):
                path.unlink()

    def finish(self, wanted: GalleryFile, cancellation: Cancellation) -> None:
        """Give the file its name, if it is the one that is wanted.

        Raises DownloadError, WRONG_CONTENT after the bytes are removed.
        """
        self._close()
        try:
            found = digest(self._part, cancellation)
            if found == wanted.sha256 and self.count == wanted.size:
                with self._part.open("rb+") as file:
                    os.fsync(file.fileno())
                self._part.replace(self.path)
                self.discard()
                return
        except OSError as error:
            raise disk_error(error, self._part) from None
        self.discard()
        raise DownloadError(
            DownloadFault.WRONG_CONTENT,
            f"What came for {wanted.path} has the SHA-256 {found}, not {wanted.sha256}.",
            hint="Nothing of it was kept. If it happens again, the file was changed on the way.",
        )

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def digest(path: Path, cancellation: Cancellation) -> str:
    """The SHA-256 of a regular file; raises OSError, and DownloadError once cancelled."""
    found = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_PIECE):
            cancellation.check()
            found.update(piece)
    return found.hexdigest()


def holds(path: Path, wanted: GalleryFile, cancellation: Cancellation) -> bool:
    """Whether the very file is there."""
    try:
        return path.stat().st_size == wanted.size and digest(path, cancellation) == wanted.sha256
    except OSError:
        return False
