"""Files that the program keeps for its user: read within bounds, replaced at once, never lost.

Several processes may use them at a time. Whoever changes one on the grounds of what it holds does
both within `locked`; who only reads needs no lock, since a file is replaced in one step.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import itertools
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from backend.core.errors import UsageError, mebibytes
from backend.core.files.regular import open_regular

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

T = TypeVar("T")

LOCK_FILE = ".lock"
LOCK_WAIT_S = 10.0
_LOOK_AGAIN_S = 0.01
_LEFTOVER_S = 3600.0
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_LOCKED_BYTE = 1 << 30
"""Windows keeps others from reading a locked byte: it lies behind any content."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class FileUnusable(UsageError):
    """A file cannot be read, written or locked; the message says which and why."""


class NewerFile(FileUnusable):
    """A later version of the program has written the file: it stays as it is."""


class FileBusy(FileUnusable):
    """Another process has kept the lock for longer than we wait."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """What was made of a file: `value` is None if there was none that could be used.

    `problem` says to people what was wrong and where the file is now, '' if nothing was.
    `replaceable` is False where an unusable file could not be set aside and must not be written.
    """

    value: T | None
    problem: str = ""
    replaceable: bool = True


def load_file(path: Path, most: int, parse: Callable[[bytes], T]) -> Loaded[T]:
    """What `parse` makes of a file of at most `most` bytes; an unusable file is set aside.

    `parse` raises UsageError, whose message is a sentence, for what it cannot understand, and
    NewerFile for what stays where it is.
    """
    try:
        return _parsed(path, most, parse)
    except NewerFile as error:
        return Loaded(None, f"{error} It stays as it is.", replaceable=False)
    except UsageError as error:
        why = error.message
    try:
        with locked(path.parent):
            try:  # again: another process may have replaced the file or set it aside meanwhile
                return _parsed(path, most, parse)
            except NewerFile:
                raise
            except UsageError as error:
                why = error.message
            aside = set_aside(path)
    except FileUnusable as error:
        return Loaded(None, f"{why} It stays where it is: {error}", replaceable=False)
    return Loaded(None, f"{why} It was set aside as {aside}.")


def read_file(path: Path, most: int) -> bytes | None:
    """The content of a regular file of at most `most` bytes, None if there is no file.

    Never waits, whatever stands in the file's place. Raises FileUnusable.
    """
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise FileUnusable(f"{path.name} cannot be read: {_reason(error)}.") from None
    if len(data) > most:
        raise FileUnusable(f"{path.name} is larger than {mebibytes(most)}.")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Replace a file in one step, readable by its owner only; raises FileUnusable.

    After a crash, of the machine too, the old or the new content is there, whole. What a link
    leads to is replaced, not the link.
    """
    try:
        path = path.resolve()
        private_folder(path.parent)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        new = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _replace(new, path)
            _remove_leftovers(path)
        except BaseException:
            with contextlib.suppress(OSError):
                new.unlink()
            raise
    except OSError as error:
        raise FileUnusable(f"{path} cannot be written: {_reason(error)}.") from None


def set_aside(path: Path) -> Path:
    """Rename a file to NAME.broken-1, or the first such number that is free; where it is now.

    A folder, a pipe or the like is renamed as well. Raises FileUnusable.
    """
    try:
        aside = _free_name(path, folder=path.is_dir() and not path.is_symlink())
        try:
            path.replace(aside)
        except OSError:
            aside.rmdir() if aside.is_dir() else aside.unlink()
            raise
    except OSError as error:
        raise FileUnusable(f"{path} cannot be set aside: {_reason(error)}.") from None
    make_private(aside)
    return aside


def copy_aside(path: Path, most: int) -> Path:
    """Copy a file of at most `most` bytes to such a name, for who goes on to overwrite it.

    Raises FileUnusable.
    """
    data = read_file(path, most)
    try:
        aside = _free_name(path, folder=False)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be set aside: {_reason(error)}.") from None
    write_file(aside, data or b"")
    return aside


@contextmanager
def locked(folder: Path, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Keep all other threads and processes that lock this folder out of it.

    The system lets go of the lock of a process that dies. Not for a thread that holds it already.
    Raises FileBusy after `wait_s` seconds, and FileUnusable if the folder cannot be written.
    """
    path = folder / LOCK_FILE
    try:
        private_folder(folder)
        number = os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be written: {_reason(error)}.") from None
    try:
        until = time.monotonic() + wait_s
        while not try_lock(number):
            if time.monotonic() >= until:
                raise FileBusy(
                    f"Another window or command has been using {folder} for {wait_s:g} s.",
                    hint="Try again; if it goes on, end the other one.",
                )
            time.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(number)


def try_lock(number: int) -> bool:
    """Lock an open file until it is closed; False if another one who has opened it has the lock.

    True as well on a file system that knows no locks.
    """
    try:
        if sys.platform == "win32":
            os.lseek(number, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, for their owner only; raises OSError."""
    if folder.is_dir():
        return
    private_folder(folder.parent)
    folder.mkdir(_FOLDER_MODE, exist_ok=True)


def make_private(path: Path) -> None:
    """Take everybody else's rights to a file, or to a folder and all in it.

    Links are left alone, and so is what belongs to somebody else.
    """
    if os.name != "posix":  # a user's own folders are private there
        return
    folders = [path]
    _restrict(path)
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                _restrict(Path(entry.path))
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))


def _parsed(path: Path, most: int, parse: Callable[[bytes], T]) -> Loaded[T]:
    data = read_file(path, most)
    return Loaded(None if data is None else parse(data))


def _free_name(path: Path, *, folder: bool) -> Path:
    """A name to set a file aside under, taken by a placeholder that a rename replaces."""
    for number in itertools.count(1):
        aside = path.with_name(f"{path.name}.broken-{number}")
        with contextlib.suppress(FileExistsError):
            if folder:
                aside.mkdir(_FOLDER_MODE)
            else:
                aside.touch(_FILE_MODE, exist_ok=False)
            return aside
    raise AssertionError("numbers do not end")


def _restrict(path: Path) -> None:
    with contextlib.suppress(OSError):
        mode = path.lstat().st_mode
        if mode & 0o077 and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            path.chmod(stat.S_IMODE(mode) & ~0o077)


def _remove_leftovers(path: Path) -> None:
    """Remove what processes that were killed while they wrote this file have left behind."""
    old = time.time() - _LEFTOVER_S
    for other in path.parent.glob(f".{glob.escape(path.name)}.*.new"):
        with contextlib.suppress(OSError):
            if other.lstat().st_mtime < old:
                other.unlink()


def _replace(new: Path, path: Path) -> None:
    """Rename over a file; Windows refuses while somebody reads it, which is soon over."""
    until = time.monotonic() + (1.0 if sys.platform == "win32" else 0.0)
    while True:
        try:
            new.replace(path)
        except PermissionError:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
