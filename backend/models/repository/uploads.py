"""Models whose files came with the request to load them: kept in a private temporary folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from backend.core.errors import InvalidInput, Overloaded
from backend.models.repository.loaded import LoadedModel
from backend.models.repository.states import BrokenVersion
from backend.models.servable import ModelLoadError

MOST_FILES = 256
MOST_MODELS = 64
"""Uploaded models that are on disk at once; each is at most as large as a message."""
_LONGEST_NAME = 200
_PREFIX = "inferdeck-uploads-"


def check_upload(name: str, paths: Collection[str]) -> None:
    """Raise InvalidInput for names that no model, or no file of one, can have."""
    if not _is_plain(name):
        raise InvalidInput(f"a model cannot be uploaded under the name {name[:_LONGEST_NAME]!r}")
    if len(paths) > MOST_FILES:
        raise InvalidInput(f"{len(paths)} files are sent along, at most {MOST_FILES} are taken")
    for path in paths:
        _check_path(path)


class Uploads:
    """Folders of uploaded models; safe from any thread.

    Each lives as long as one of the versions that were loaded from it. What is left is removed when
    the process ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._root: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0

    @contextmanager
    def folder(self, name: str, files: Mapping[str, bytes]) -> Iterator[Path]:
        """A model folder with these files, by paths like ``1/model.onnx``.

        The names are checked (`check_upload`). It is removed if what is done meanwhile fails; else
        `keep` says how long it stays. Raises Overloaded if there are too many models.
        """
        place = self._new_place()
        folder = place / name
        try:
            _write(folder, files)
            yield folder
        except BaseException:
            self._remove(place)
            raise

    def keep(self, folder: Path, models: Sequence[LoadedModel | BrokenVersion]) -> None:
        """Remove the folder once every one of these versions is closed."""
        loaded = [model for model in models if isinstance(model, LoadedModel)]
        left = threading.Semaphore(len(loaded) - 1)

        def closed() -> None:
            if not left.acquire(blocking=False):
                self._remove(folder.parent)

        for model in loaded:
            model.when_closed(closed)

    def _new_place(self) -> Path:
        with self._lock:
            if self._count >= MOST_MODELS:
                raise Overloaded(
                    f"{MOST_MODELS} uploaded models are loaded already",
                    hint="Unload one of them first.",
                )
            if self._root is None:
                # Made with the rights of its owner only.
                self._root = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
            self._count += 1
            return Path(tempfile.mkdtemp(dir=self._root.name))

    def _remove(self, place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        with self._lock:
            self._count -= 1
            if not self._count and self._root is not None:
                self._root.cleanup()
                self._root = None


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(0o700)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(0o700, exist_ok=True)
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(data)
    except OSError as error:
        raise ModelLoadError(f"the files cannot be stored: {error.strerror}") from error


def _check_path(path: str) -> None:
    """Only files of a version, and those beside the configuration."""
    folder, _, name = path.rpartition("/")
    if not _is_plain(name) or (("/" in path) and not _is_version(folder)):
        raise InvalidInput(
            f"load parameter 'file:{path[:_LONGEST_NAME]}' names no file of a model",
            hint="Expected file:VERSION/NAME, such as file:1/model.onnx, or file:NAME.",
        )


def _is_version(name: str) -> bool:
    return name.isascii() and name.isdigit() and not name.startswith("0") and len(name) < 19


def _is_plain(name: str) -> bool:
    """Whether it is one step of a path, for every system, and nothing hidden."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME
        and name.isprintable()
        and not name.startswith(".")
        and not set(name) & set('/\\:*?"<>|')
    )
