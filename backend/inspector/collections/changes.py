"""A collection's files renamed, moved, deleted and put back; what only they use goes with them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import UsageError, mebibytes
from backend.core.files.private import read_file, write_file
from backend.inspector.collections.files import SavedRequest
from backend.inspector.collections.folder import (
    ENVIRONMENTS,
    SUFFIX,
    Collection,
    Entry,
    request_file,
)
from backend.inspector.forms import FROM_FILES, parse_input

_MOST_KEPT = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Deleted:
    """What was deleted, so that it can be put back: bytes by file, and folders."""

    files: tuple[tuple[Path, bytes], ...]
    folders: tuple[Path, ...]


def make_folder(parent: Path, name: str) -> Path:
    """A new folder for requests; raises UsageError for a name that is taken or cannot be."""
    folder = request_file(parent, name).with_suffix("")
    if folder.name.lower() == ENVIRONMENTS:
        raise UsageError(f"The folder {ENVIRONMENTS} is for environments.")
    with _told(folder):
        folder.mkdir(parents=True)
    return folder


def make_collection(folder: Path) -> None:
    """A folder for requests, if there is none yet; raises UsageError."""
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)


def rename(path: Path, name: str) -> Path:
    """Give a request's file or a folder another name; where it is now. Raises UsageError."""
    new = request_file(path.parent, name)
    new = new.with_suffix("") if path.is_dir() else new
    if new != path:
        _check_free(new, path)
        with _told(path):
            path.rename(new)
    return new


def move(collection: Collection, entries: Sequence[Entry], folder: Path) -> None:
    """Move requests into a folder of the collection, with the files that only they use.

    Others are copied. Raises UsageError, before anything moves, where a name is taken by another.
    """
    entries = [entry for entry in entries if entry.file.parent != folder]
    shared = _named(entry for entry in collection.entries if entry not in entries)
    beside = {file: folder / file.name for file in _beside(entries)}
    for old, new in ({entry.file: folder / entry.file.name for entry in entries} | beside).items():
        if not (old in beside and _same(old, new)):
            _check_free(new, old)
    for old, new in beside.items():
        with _told(old):
            shutil.copyfile(old, new)
    for entry in entries:
        with _told(entry.file):
            entry.file.rename(folder / entry.file.name)
    for old in beside:
        if old not in shared:
            with _told(old):
                old.unlink()


def move_folder(path: Path, folder: Path) -> None:
    """Move a folder with all that is in it into another; raises UsageError."""
    new = folder / path.name
    if new == path:
        return
    if folder.is_relative_to(path):
        raise UsageError(f"{path.name} cannot be moved into itself.")
    _check_free(new, path)
    with _told(path):
        path.rename(new)


def delete(collection: Collection, entries: Sequence[Entry], folder: Path | None) -> Deleted:
    """Delete requests, the files that only they use, and `folder` as far as it is empty then.

    Raises UsageError, before anything is deleted, for more than can be kept to be put back.
    """
    shared = _named(entry for entry in collection.entries if entry not in entries)
    paths = [*(entry.file for entry in entries), *(_beside(entries) - shared)]
    kept: list[tuple[Path, bytes]] = []
    room = _MOST_KEPT
    for path in paths:
        data = read_file(path, room)
        if data is not None:
            kept.append((path, data))
            room -= len(data)
    if room < 0:
        raise UsageError(f"Together they are larger than {mebibytes(_MOST_KEPT)}.")
    for path, _ in kept:
        with _told(path):
            path.unlink(missing_ok=True)
    folders = _without_empty(folder) if folder is not None else ()
    return Deleted(tuple(kept), folders)


def put_back(deleted: Deleted) -> None:
    """Undo `delete`; a file that was written anew meanwhile stays. Raises UsageError."""
    for folder in reversed(deleted.folders):
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
    for path, data in deleted.files:
        if not path.exists():
            write_file(path, data)


def duplicate(entry: Entry) -> Path:
    """A copy of a request's file beside it, under the next free name; raises UsageError."""
    number, new = 2, entry.file
    while new.exists():
        new = entry.file.with_name(f"{entry.name} {number}{SUFFIX}")
        number += 1
    with _told(new):
        shutil.copyfile(entry.file, new)
    return new


def _without_empty(folder: Path) -> tuple[Path, ...]:
    """Remove it and the folders in it that hold nothing; the inner ones first."""
    gone = []
    for place, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            Path(place).rmdir()
            gone.append(Path(place))
    return tuple(gone)


def _beside(entries: Iterable[Entry]) -> set[Path]:
    """Files in the requests' own folders that fill their inputs."""
    return {
        path
        for entry in entries
        for path in _files(entry)
        if path.parent == entry.file.parent and path.is_file()
    }


def _named(entries: Iterable[Entry]) -> set[Path]:
    return {path for entry in entries for path in _files(entry)}


def _files(entry: Entry) -> Iterable[Path]:
    request = entry.request or SavedRequest("")
    for name, text in request.inputs.items():
        with contextlib.suppress(UsageError):
            fill = parse_input(f"{name}={text}").fill
            if fill.kind in FROM_FILES:
                yield Path(os.path.normpath(entry.file.parent / fill.text))


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _check_free(new: Path, old: Path) -> None:
    """Whether nothing else has the name; where a system ignores case, it may be the file's own."""
    if new.exists() and not new.samefile(old):
        raise UsageError(
            f"There is a '{new.stem}' in {new.parent.name} already.",
            hint="Choose another name.",
        )


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise UsageError(f"There is a '{path.stem}' already.") from None
    except OSError as error:
        raise UsageError(f"{path.name}: {error.strerror or error}.") from None
