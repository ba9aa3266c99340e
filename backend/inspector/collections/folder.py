"""A collection on the disk: a folder with requests, folders of them, and environments.

`collection.toml` and `environments/NAME.toml` hold variables; every other `.toml` is a request.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from backend.core.errors import UsageError
from backend.core.files.private import read_file, write_file
from backend.inspector.collections.files import (
    Environment,
    SavedRequest,
    environment_from_toml,
    request_from_toml,
    request_to_toml,
)
from backend.inspector.forms import Variables

COLLECTION = "collection.toml"
ENVIRONMENTS = "environments"
SUFFIX = ".toml"
OURS = Path("Inferdeck", "Requests")
"""Where requests are saved among a user's documents, until another folder is chosen."""
MOST_BYTES = 4 << 20
MOST_FILES = 2_000
MOST_LEVELS = 8
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """A request's file: `path` within the collection, without its ending; or what is wrong."""

    path: PurePosixPath
    file: Path
    request: SavedRequest | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything in the folder; `problems` are sentences about files of variables.

    `folders` are those within it, also the ones without requests; `variable_files` are the files
    that say what variables stand for, as far as there are any.
    """

    folder: Path
    common: Environment = Environment()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    folders: tuple[PurePosixPath, ...] = ()
    variable_files: tuple[Path, ...] = ()

    def environment(self, name: str) -> Environment:
        """The environment of that name, '' for the collection's own values alone."""
        if not name:
            return self.common
        if name not in self.environments:
            known = ", ".join(self.environments) or "none"
            raise UsageError(
                f"The collection has no environment '{name}'.", hint=f"There are: {known}."
            )
        own = self.environments[name]
        return Environment(
            own.target or self.common.target,
            {**self.common.variables, **own.variables},
            (*self.common.secrets, *own.secrets),
        )

    def variables(
        self, environment: str, given: Mapping[str, str], process: Mapping[str, str]
    ) -> Variables:
        """All values: `given` before the environment's, before the collection's.

        `process` is where secrets come from.
        """
        chosen = self.environment(environment)
        secrets = {name: process[name] for name in chosen.secrets if process.get(name)}
        missing = tuple(name for name in chosen.secrets if name not in secrets)
        return Variables({**chosen.variables, **given}, secrets, missing)


def read_collection(folder: Path) -> Collection:
    """Everything in a folder; raises UsageError for one that is none or too large.

    What is wrong with a file stands in its entry, or in `problems`.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", hint="A collection is a folder of requests.")
    problems: list[str] = []
    common = _environment(folder / COLLECTION, COLLECTION, problems)
    environments: dict[str, Environment] = {}
    entries: list[Entry] = []
    files, folders = _files(folder)
    variable_files = [path for path in files if _of_variables(path, folder)]
    for path in files:
        within = PurePosixPath(path.relative_to(folder).as_posix())
        if within == PurePosixPath(COLLECTION):
            continue
        if within.parts[0] == ENVIRONMENTS:
            found = _environment(path, str(within), problems)
            if found is not None:
                environments[within.stem] = found
            continue
        entries.append(_entry(path, within))
    entries.sort(key=_place)
    return Collection(
        folder,
        common or Environment(),
        environments,
        tuple(entries),
        tuple(problems),
        folders,
        tuple(variable_files),
    )


def variables_file(folder: Path, environment: str) -> Path:
    """The file with the values of an environment, '' for the collection's own.

    Raises UsageError for a name that cannot be.
    """
    if not environment:
        return folder / COLLECTION
    return request_file(folder / ENVIRONMENTS, environment)


def request_file(folder: Path, name: str) -> Path:
    """The file for a request of that name; raises UsageError for a name that cannot be."""
    plain = " ".join(_UNFIT.sub(" ", name).split()).strip(" .")[:_LONGEST]
    if not plain or f"{plain}{SUFFIX}".lower() == COLLECTION:
        raise UsageError(f"'{name}' cannot be the name of a request.")
    return folder / f"{plain}{SUFFIX}"


def write_request(path: Path, saved: SavedRequest) -> None:
    """Write the file in one step; what did not change stays to the letter; raises UsageError."""
    before = (read_file(path, MOST_BYTES) or b"").decode("utf-8", "replace")
    write_file(path, request_to_toml(saved, before).encode())


def file_text(path: Path) -> str:
    """A file as it is, '' if there is none; raises UsageError."""
    data = read_file(path, MOST_BYTES) or b""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8.") from None


def check_text(folder: Path, path: Path, text: str) -> None:
    """Raises UsageError, naming the line, for what the collection could not read there."""
    within = PurePosixPath(path.relative_to(folder).as_posix())
    read = environment_from_toml if _of_variables(path, folder) else request_from_toml
    read(text.encode(), str(within))


def write_text(path: Path, text: str, before: str) -> None:
    """Write a file that said `before` when it was read; raises UsageError if it does no more."""
    if file_text(path) != before:
        raise changed_meanwhile(path)
    write_file(path, text.encode())


def changed_meanwhile(path: Path) -> UsageError:
    """The error of whoever would write over what another program has written."""
    return UsageError(
        f"{path.name} was changed by another program since it was opened.",
        hint="Open it again, or save under another name.",
    )


def _of_variables(path: Path, folder: Path) -> bool:
    within = path.relative_to(folder)
    return within == Path(COLLECTION) or within.parts[0] == ENVIRONMENTS


def _files(folder: Path) -> tuple[list[Path], tuple[PurePosixPath, ...]]:
    """The files that may be requests or environments, and the folders that may hold requests."""
    found: list[Path] = []
    within: list[PurePosixPath] = []
    for place, folders, names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and depth < MOST_LEVELS
        )
        inner = PurePosixPath(Path(place).relative_to(folder).as_posix())
        if inner.parts and inner.parts[0] != ENVIRONMENTS:
            within.append(inner)
        found += [
            Path(place, name)
            for name in sorted(names)
            if name.endswith(SUFFIX) and not name.startswith(".")
        ]
        if len(found) > MOST_FILES:
            raise UsageError(
                f"{folder} has over {MOST_FILES:,} requests; is it a collection's folder?"
            )
    return found, tuple(within)


def _place(entry: Entry) -> tuple[object, ...]:
    order = entry.request.order if entry.request is not None else 0
    return (entry.path.parent.parts, order, entry.name.casefold(), entry.name)


def _entry(path: Path, within: PurePosixPath) -> Entry:
    place = within.with_suffix("")
    try:
        return Entry(place, path, request_from_toml(_read(path), str(within)))
    except UsageError as error:
        return Entry(place, path, problem=str(error))


def _environment(path: Path, source: str, problems: list[str]) -> Environment | None:
    try:
        data = read_file(path, MOST_BYTES)
        return None if data is None else environment_from_toml(data, source)
    except UsageError as error:
        problems.append(str(error))
        return None


def _read(path: Path) -> bytes:
    data = read_file(path, MOST_BYTES)
    if data is None:
        raise UsageError(f"{path.name} is there no longer.")
    return data
