"""Models of the gallery in a model repository: put there at once, known again, and removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from backend.core.errors import UsageError, mebibytes
from backend.core.files.private import FileBusy, FileUnusable, locked, private_folder
from backend.core.files.regular import read_regular
from backend.core.release import VERSION
from backend.gallery.cancelling import Cancellation
from backend.gallery.catalogue import RECORD_FILE
from backend.gallery.entry import GalleryEntry
from backend.gallery.faults import DownloadError, DownloadFault, disk_error
from backend.gallery.progress import Phase, Reporter

STAGING = ".gallery"
"""In the repository, whose models it is not: what is being fetched, and locks."""
FIRST_VERSION = "1"
_FILES, _OLD = "files", "removed"
_MOST_BYTES = 1024 * 1024
_LOOK_S = 0.2
_SPARE_BYTES = 8 * 1024 * 1024
"""To be left free on the disk beside the files."""


class InstallState(StrEnum):
    """How a model of the gallery stands in a repository."""

    ABSENT = "absent"
    PARTIAL = "partial"
    """Something of it is saved, and is not fetched again."""
    INSTALLED = "installed"
    CHANGED = "changed"
    """It came from the gallery, and its files are not those of the catalogue any more."""
    FOREIGN = "foreign"
    """A folder of its name is there which did not come from the gallery."""


class _FileRecord(msgspec.Struct, frozen=True):
    path: str
    size: int
    sha256: str


class Record(msgspec.Struct, frozen=True):
    """What stands beside an installed model: what it is, and from where."""

    name: str
    title: str
    licence: str
    origins: tuple[str, ...]
    files: tuple[_FileRecord, ...]
    installed_by: str = f"inferdeck {VERSION}"
    schema: int = 1


class Repository:
    """A model repository, which need not exist yet, as the gallery uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Path:
        """Where a model is, once it is installed."""
        return self.root / name

    def staging(self, name: str) -> Path:
        """Where the files of a model are until it is whole."""
        return self.root / STAGING / name / _FILES

    def wheels(self, name: str) -> Path:
        """Where wheels are while something is taken out of them."""
        return self.root / STAGING / name / "wheels"

    def state(self, entry: GalleryEntry) -> InstallState:
        """How a model stands there, by its record and the sizes of its files."""
        folder = self.folder(entry.name)
        if not (folder.exists() or folder.is_symlink()):
            some = self.saved(entry.name) > 0
            return InstallState.PARTIAL if some else InstallState.ABSENT
        record = self.record(entry.name)
        if record is None:
            return InstallState.FOREIGN
        wanted = {(file.path, file.size, file.sha256) for file in entry.files}
        same = wanted == {(file.path, file.size, file.sha256) for file in record.files}
        there = all(_size(folder / file.path) == file.size for file in entry.files)
        return InstallState.INSTALLED if same and there else InstallState.CHANGED

    def saved(self, name: str) -> int:
        """Bytes of a model that is not whole yet."""
        staging = self.staging(name)
        files = (path for path in staging.rglob("*") if not path.name.endswith(".json"))
        return sum(max(0, _size(path)) for path in files)

    def record(self, name: str) -> Record | None:
        """What stands beside a model that came from the gallery."""
        folder = self.folder(name)
        try:
            if folder.is_symlink():
                return None
            data = read_regular(folder / RECORD_FILE, _MOST_BYTES)
            record = msgspec.json.decode(data, type=Record)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return record if record.name == name else None

    @contextlib.contextmanager
    def reserved(self, name: str, reporter: Reporter, cancellation: Cancellation) -> Iterator[None]:
        """Keep every other download and removal of the model waiting meanwhile.

        Waits for those as long as it takes, unless it is cancelled. Raises DownloadError.
        """
        with contextlib.ExitStack() as stack:
            waiting = False
            while True:
                cancellation.check()
                try:
                    place = self.root / STAGING / name
                    stack.enter_context(locked(place, 0 if not waiting else _LOOK_S))
                except FileBusy:
                    if not waiting:
                        reporter.phase(Phase.WAITING)
                    waiting = True
                except FileUnusable as error:
                    raise DownloadError(
                        DownloadFault.DISK,
                        error.message,
                        hint="Name another folder for your models (--repository).",
                    ) from None
                else:
                    break
            yield

    def check_space(self, missing: int) -> None:
        """Raise DownloadError if the disk has no room for so many bytes more."""
        try:
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            raise disk_error(error, self.root) from None
        if free < missing + _SPARE_BYTES:
            raise DownloadError(
                DownloadFault.DISK_FULL,
                f"{mebibytes(missing + _SPARE_BYTES)} are needed, and the disk that holds "
                f"{self.root} has {mebibytes(free)} left.",
                hint="Free some space, or name another folder for your models (--repository).",
            )

    def install(self, entry: GalleryEntry) -> Path:
        """Let the model appear, whole, of its fetched files; the folder. Raises DownloadError."""
        staging, folder = self.staging(entry.name), self.folder(entry.name)
        try:
            for name, data in (*entry.beside, (RECORD_FILE, _record_of(entry))):
                _write(staging / name, data)
            if not any("/" in file.path for file in entry.files):
                private_folder(staging / FIRST_VERSION)  # there is no model without a version
            _remove_others(staging, {file.path for file in entry.files} | _names(entry))
            for place in (*_folders(staging), staging):
                _sync(place)
            # Before the model appears: after that, nobody looks for what a crash has left.
            shutil.rmtree(self.wheels(entry.name), ignore_errors=True)
            if folder.exists() or folder.is_symlink():  # somebody has put one there meanwhile
                raise _in_the_way(folder)
            staging.rename(folder)
            _sync(self.root)
        except OSError as error:
            raise disk_error(error, folder) from None
        self.forget_partial(entry.name)
        return folder

    def forget_partial(self, name: str) -> None:
        """Remove what is saved of a model that is not whole; only by who has reserved it."""
        place = self.root / STAGING / name
        for path in (place / _FILES, place / "wheels", *place.glob(f"{_OLD}-*")):
            shutil.rmtree(path, ignore_errors=True)

    def remove(self, name: str) -> None:
        """Remove a model that came from the gallery; only by who has reserved it.

        It is gone at once, whatever happens. Raises UsageError for a folder of another origin, and
        DownloadError.
        """
        folder = self.folder(name)
        if not (folder.exists() or folder.is_symlink()):
            if not self.saved(name):
                raise UsageError(f"'{name}' is not installed in {self.root}.")
        elif self.record(name) is None:
            raise UsageError(f"{folder} did not come from the gallery.", hint="Remove it yourself.")
        else:
            try:
                old = tempfile.mkdtemp(prefix=f"{_OLD}-", dir=self.root / STAGING / name)
                folder.rename(Path(old) / name)
                _sync(self.root)
            except OSError as error:
                raise disk_error(error, folder) from None
        self.forget_partial(name)


def check_free(entry: GalleryEntry, repository: Repository, state: InstallState) -> None:
    """Raise UsageError where the model's name is taken by what may not be written over."""
    folder = repository.folder(entry.name)
    if state is InstallState.FOREIGN:
        raise _in_the_way(folder)
    if state is InstallState.CHANGED:
        raise UsageError(
            f"The model in {folder} was changed, or is of another catalogue.",
            hint=f"Remove it first: main.py models remove {entry.name}.",
        )


def _in_the_way(folder: Path) -> UsageError:
    return UsageError(
        f"{folder} is there already, and did not come from the gallery.",
        hint="Rename or remove it, or name another folder for your models (--repository).",
    )


def _record_of(entry: GalleryEntry) -> bytes:
    files = tuple(_FileRecord(file.path, file.size, file.sha256) for file in entry.files)
    record = Record(entry.name, entry.title, entry.licence, entry.origins, files)
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def _names(entry: GalleryEntry) -> set[str]:
    return {RECORD_FILE, *(name for name, _ in entry.beside)}


def _write(path: Path, data: bytes) -> None:
    private_folder(path.parent)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _remove_others(staging: Path, wanted: set[str]) -> None:
    """What an attempt with another catalogue has left."""
    for path in sorted(staging.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if path == staging / FIRST_VERSION:
                continue
            with contextlib.suppress(OSError):  # it is not empty
                path.rmdir()
        elif path.relative_to(staging).as_posix() not in wanted:
            path.unlink()


def _folders(staging: Path) -> list[Path]:
    return [path for path in staging.rglob("*") if path.is_dir()]


def _sync(folder: Path) -> None:
    """Let a folder's names outlive a crash of the machine; Windows has no way to."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _size(path: Path) -> int:
    """In bytes, -1 for what is no file."""
    try:
        return path.stat().st_size if path.is_file() else -1
    except OSError:
        return -1
