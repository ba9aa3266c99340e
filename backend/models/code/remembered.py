"""Which Python models a person has allowed to run, by folder and content, in a file."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.private import FileUnusable, load_file, locked, read_file, write_file
from backend.models.code.digest import code_digest
from backend.models.servable import ModelLoadError
from backend.wire.json.stored import read_stored, stored_bytes

FILE = "python_models.json"
VERSION = 1
_LARGEST = 4 << 20
_MOST = 1000
"""Models that are remembered; those decided on long ago are asked about again."""


@dataclass(frozen=True, slots=True)
class ModelCode:
    """What a model would run: its files, and the digest of the folder they were found in."""

    model: str
    folder: Path
    files: tuple[Path, ...]
    digest: str


class Decision(StrEnum):
    """What a person said to a model's code as it is."""

    ALLOWED = "allowed"
    DECLINED = "declined"
    OPEN = "open"
    """Nobody was asked yet."""
    CHANGED = "changed"
    """Something was said to what was there before."""


@dataclass(frozen=True, slots=True)
class _Decided:
    digest: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class _File:
    models: dict[str, _Decided]
    """By folder."""


class RememberedCode:
    """A `CodePermission` by what was decided; safe from any thread.

    What is in the `trusted` folders is always allowed. Without a path nothing outlives this run. A
    file that cannot be read or understood only means that the questions come again.
    """

    def __init__(self, path: Path | None, trusted: Iterable[Path] = ()) -> None:
        self._path = path
        self._trusted = tuple(root.resolve() for root in trusted)
        self._lock = threading.Lock()
        self._decided: dict[str, _Decided] = {}

    def check(self, model_folder: Path) -> None:
        """Raise ModelLoadError unless a person has allowed exactly what is there now."""
        if self._trusts(model_folder):
            return
        decision = self._decision(model_folder, code_digest(model_folder))
        if decision is Decision.CHANGED:
            raise ModelLoadError(
                "a Python model that has changed since you decided on it: load it to be asked"
            )
        if decision is not Decision.ALLOWED:
            raise ModelLoadError("a Python model that was not allowed to run: load it to be asked")

    def decision(self, code: ModelCode) -> Decision:
        """What was said to exactly this."""
        if self._trusts(code.folder):
            return Decision.ALLOWED
        return self._decision(code.folder, code.digest)

    def decide(self, codes: Sequence[ModelCode], *, allowed: bool) -> None:
        """Remember what was said to these; raises UsageError if it cannot be written.

        Then it holds for this run all the same.
        """
        with self._lock:
            for code in codes:
                self._decided[str(code.folder.resolve())] = _Decided(code.digest, allowed)
            if self._path is not None:
                self._write(self._path)

    def _trusts(self, folder: Path) -> bool:
        folder = folder.resolve()
        return any(folder.is_relative_to(root) for root in self._trusted)

    def _decision(self, folder: Path, digest: str) -> Decision:
        with self._lock:
            found = {**self._read(), **self._decided}.get(str(folder.resolve()))
        if found is None:
            return Decision.OPEN
        if found.digest != digest:
            return Decision.CHANGED
        return Decision.ALLOWED if found.allowed else Decision.DECLINED

    def _read(self) -> dict[str, _Decided]:
        try:
            data = None if self._path is None else read_file(self._path, _LARGEST)
            return {} if data is None else _models(data)
        except UsageError:
            return {}

    def _write(self, path: Path) -> None:
        loaded = load_file(path, _LARGEST, _models)  # what is not understood is set aside
        if not loaded.replaceable:
            raise _not_saved(loaded.problem)
        try:
            with locked(path.parent):
                before = self._read()
                older = {key: row for key, row in before.items() if key not in self._decided}
                kept = dict([*older.items(), *self._decided.items()][-_MOST:])
                write_file(path, stored_bytes(_File(kept), VERSION))
        except FileUnusable as error:
            raise _not_saved(error.message) from None


def _not_saved(why: str) -> UsageError:
    hint = "It holds until the window is closed."
    return UsageError(f"What was decided cannot be saved: {why}", hint)


def _models(data: bytes) -> dict[str, _Decided]:
    return read_stored(_File, data, FILE, VERSION).models
