"""Which Python models a person has allowed to run, by folder and content, in a file."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.json import json_bytes, json_object
from backend.core.files.private import FileUnusable, load_file, locked, read_file, write_file
from backend.models.code.digest import code_digest
from backend.models.servable import ModelLoadError

FILE = "python_models.json"
SCHEMA = 1
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


class RememberedCode:
    """A `CodePermission` by what was decided; safe from any thread.

    What is in the `trusted` folders is always allowed. Without a path nothing outlives this run. A
    file that cannot be read or understood only means that the questions come again.
    """

    def __init__(self, path: Path | None, trusted: Iterable[Path] = ()) -> None:
        self._path = path
        self._trusted = tuple(root.resolve() for root in trusted)
        self._lock = threading.Lock()
        self._decided: dict[str, tuple[str, bool]] = {}

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
                self._decided[str(code.folder.resolve())] = (code.digest, allowed)
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
        if found[0] != digest:
            return Decision.CHANGED
        return Decision.ALLOWED if found[1] else Decision.DECLINED

    def _read(self) -> dict[str, tuple[str, bool]]:
        try:
            data = None if self._path is None else read_file(self._path, _LARGEST)
            return {} if data is None else _decisions(data)
        except UsageError:
            return {}

    def _write(self, path: Path) -> None:
        load_file(path, _LARGEST, _decisions)  # one that cannot be understood is set aside
        try:
            with locked(path.parent):
                before = self._read()
                older = {key: row for key, row in before.items() if key not in self._decided}
                rows = {
                    folder: {"digest": digest, "allowed": allowed}
                    for folder, (digest, allowed) in [*older.items(), *self._decided.items()]
                }
                kept = dict(list(rows.items())[-_MOST:])
                write_file(path, json_bytes({"schema": SCHEMA, "models": kept}))
        except FileUnusable as error:
            raise UsageError(
                f"What was decided cannot be saved: {error.message}",
                hint="It holds until the window is closed.",
            ) from None


def _decisions(data: bytes) -> dict[str, tuple[str, bool]]:
    """What a file says; a row that is not understood decides nothing.

    Raises UsageError for a file that is none of ours.
    """
    value = json_object(data, FILE)
    rows = value.get("models")
    if value.get("schema") != SCHEMA or not isinstance(rows, dict):
        raise UsageError(f"{FILE} has no form that is known.")
    return {
        folder: (row["digest"], row["allowed"])
        for folder, row in rows.items()
        if isinstance(row, dict)
        and isinstance(row.get("digest"), str)
        and isinstance(row.get("allowed"), bool)
    }
