"""Writes the models of repositories, one after the other, for a server of another make."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.core.errors import ConsoleError, UsageError
from backend.models.repository import ModelFolders
from backend.models.servable import ModelLoadError

_ENSEMBLE, _CHAIN = "ensemble", "chain"


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one model; `refused` says why it was not written, '' if it was."""

    name: str
    runtime: str
    refused: str = ""


class Server(Protocol):
    """What models are written for."""

    def write(self, folders: ModelFolders, name: str, runtime: str, folder: Path) -> None:
        """One model into a folder that is there; raises ModelLoadError, UsageError and OSError."""
        ...

    def place(self, to: Path) -> Path:
        """Where the models' folders go."""
        ...

    def finish(self, to: Path, done: Sequence[Exported]) -> None:
        """What goes with the models that were written; raises OSError."""
        ...


def export(
    folders: ModelFolders, names: Sequence[str], to: Path, server: Server
) -> Iterator[Exported]:
    """Write the models, each whole or not at all, into a folder that is new or empty.

    An ensemble comes after its steps, and only if all of these were written. Raises UsageError for
    a folder that holds something or cannot be written.
    """
    _make_empty(to)
    place = server.place(to)
    done: dict[str, Exported] = {}
    try:
        place.mkdir(exist_ok=True)
        for name in sorted(names, key=lambda name: bool(folders.steps(name))):
            one = _exported(folders, name, place, server, done)
            done[name] = one
            yield one
        written = [one for one in done.values() if not one.refused]
        if written:
            server.finish(to, written)
    except OSError as error:
        raise UsageError(f"{to} cannot be written: {error.strerror or error}.") from None


def _make_empty(to: Path) -> None:
    try:
        to.mkdir(parents=True, exist_ok=True)
        empty = next(to.iterdir(), None) is None
    except OSError as error:
        raise UsageError(f"{to} cannot be made: {error.strerror or error}.") from None
    if not empty:
        raise UsageError(
            f"{to} is not empty, and nothing is written over.", hint="Name a new folder."
        )


def _exported(
    folders: ModelFolders, name: str, place: Path, server: Server, done: dict[str, Exported]
) -> Exported:
    runtime = ""
    partial = place / f".{name}"
    try:
        runtime = folders.runtime(name)
        _check_parts(folders, name, runtime, done)
        partial.mkdir()
        server.write(folders, name, runtime, partial)
        partial.rename(place / name)
    except ConsoleError as error:
        return Exported(name, runtime, str(error))
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Exported(name, runtime)


def _check_parts(folders: ModelFolders, name: str, runtime: str, done: dict[str, Exported]) -> None:
    if runtime == _CHAIN:
        raise ModelLoadError(
            "a chain is computed by Inferdeck's own code: serve it there or on Ray"
        )
    if runtime != _ENSEMBLE:
        return
    for step in folders.steps(name):
        if step not in done:
            raise ModelLoadError(f"its step '{step}' is not among the models that are written")
        if done[step].refused:
            raise ModelLoadError(f"its step '{step}' could not be written")
