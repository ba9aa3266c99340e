"""The models of the embedded server as rows: one for each model, in the folder it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.models.code import ModelCode
from backend.models.repository import Adopted, Adoption, IndexEntry, ModelState


class ModelRepositories(Protocol):
    """The models of a server; its methods may block."""

    def index(self) -> Sequence[IndexEntry]:
        """Every model that is loaded or could be."""
        ...

    def repositories(self) -> Sequence[tuple[Path, tuple[str, ...]]]:
        """Every repository with the names of its models."""
        ...

    def add_repository(self, root: Path) -> None:
        """Know its models; raises UsageError for what is no folder."""
        ...

    def remove_repository(self, root: Path) -> None:
        """Unload and forget its models."""
        ...

    def adopt(self, file: Path, repository: Path, adoption: Adoption) -> Adopted:
        """Copy a model file to a repository; raises UsageError or ModelLoadError."""
        ...

    def code(self, name: str) -> ModelCode | None:
        """What a model would run, None for one that is no program; raises ModelLoadError."""
        ...

    def load(self, name: str, config_json: str = "") -> None:
        """Load a model, or load it anew; raises ModelLoadError with the reason."""
        ...

    def unload(self, name: str) -> None:
        """Stop serving a model."""
        ...


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as it stands: its versions, their state, and why where it is not ready."""

    name: str
    versions: tuple[str, ...]
    state: ModelState
    reason: str = ""
    busy: bool = False

    @property
    def loaded(self) -> bool:
        """Whether any version of it is served."""
        return self.state is ModelState.READY


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder with its models; without a folder, the models that ship with Inferdeck."""

    root: Path | None
    models: tuple[ModelRow, ...] = ()
    problem: str = ""


def looked_at(server: ModelRepositories) -> tuple[Repository, ...]:
    """Every model as it stands, by its folder; may block."""
    rows: dict[str, list[IndexEntry]] = {}
    for entry in server.index():
        rows.setdefault(entry.name, []).append(entry)
    models = {name: _row(name, entries) for name, entries in rows.items()}
    folders = [
        Repository(root, tuple(models[name] for name in names if name in models))
        for root, names in server.repositories()
    ]
    theirs = {row.name for folder in folders for row in folder.models}
    own = tuple(row for name, row in models.items() if name not in theirs)
    return (*folders, Repository(None, own))


def standing(repositories: Sequence[Repository]) -> list[tuple[str, ModelState, str]]:
    """How each model stands, without what is being done with it."""
    return [(row.name, row.state, row.reason) for r in repositories for row in r.models]


def _row(name: str, entries: Sequence[IndexEntry]) -> ModelRow:
    """One row for all versions: ready if one of them is, else as the newest."""
    ready = [entry for entry in entries if entry.state is ModelState.READY]
    shown = ready or list(entries)
    return ModelRow(
        name,
        tuple(entry.version for entry in shown if entry.version),
        shown[-1].state,
        shown[-1].reason,
    )
