"""One model of a registry: where it comes from, and how its versions are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from backend.core.errors import InvalidInput, NotFound, NotReady
from backend.models.repository.loaded import LoadedModel
from backend.models.repository.states import UNLOADED, BrokenVersion, IndexEntry, ModelState
from backend.models.servable import Servable

Loader: TypeAlias = Callable[[str], Sequence[LoadedModel | BrokenVersion]]
"""Loads every version that is to be served, given a configuration as JSON or ''.

At least one of them is loaded.
"""


@dataclass(slots=True)
class ModelEntry:
    """What is known about one model; guarded by its registry's lock.

    `closing` are versions that were unloaded or replaced while somebody still used them; `gone`
    are the versions served before those of now; `broken` are those that could not be loaded beside
    them, with the reason. `failure` is why the last attempt to load
    `failed`, a version, came to nothing. `wanted` says that somebody asked for it by name, and not
    only an ensemble that needs it. `hidden` loads the bundled model whose name a model of a
    repository has taken.
    """

    name: str
    load: Loader
    versions: dict[str, LoadedModel] = field(default_factory=dict)
    closing: list[LoadedModel] = field(default_factory=list)
    gone: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    failed: str = ""
    loading: bool = False
    wanted: bool = False
    from_folder: bool = False
    hidden: Loader | None = None
    changing: threading.Lock = field(default_factory=threading.Lock)

    def get(self, version: str) -> LoadedModel:
        """The version, or the newest for ''; raises NotFound, NotReady or InvalidInput."""
        # Not through int: it raises for very many digits.
        if version and not (version.isascii() and version.isdigit() and version.strip("0")):
            raise InvalidInput(
                f"failed to get model version from specified version string '{version}', "
                "version should be an integral value > 0"
            )
        model = self.versions.get(version or self.newest)
        if model is None:
            raise self._absent(version)
        trouble = model.servable.trouble
        if trouble:
            raise NotReady(
                f"Request for unknown model: '{self.name}' version {model.servable.version} is "
                f"not at ready state: {trouble}"
            )
        return model

    @property
    def newest(self) -> str:
        """The highest version that is loaded, '' if there is none."""
        return next(reversed(self.versions), "")

    @property
    def forgettable(self) -> bool:
        """Whether nothing would be lost with it, if its folder is gone."""
        return self.from_folder and not (self.versions or self.loading or self.failure)

    def replace(self, models: Sequence[LoadedModel | BrokenVersion]) -> list[LoadedModel]:
        """Serve these instead of what was served, which is returned to be retired."""
        old = list(self.versions.values())
        self.gone = tuple(self.versions)
        loaded = {m.servable.version: m for m in models if isinstance(m, LoadedModel)}
        # The newest last: it is looked up for every request.
        self.versions = {version: loaded[version] for version in sorted(loaded, key=int)}
        self.broken = {m.version: m.reason for m in models if isinstance(m, BrokenVersion)}
        self.closing = [model for model in (*self.closing, *old) if not model.closed]
        self.failure = ""
        return old

    def servable(self, version: str) -> Servable | None:
        """The version, or the newest for '', ready or not; None if it is not loaded."""
        model = self.versions.get(version or self.newest)
        return model.servable if model else None

    def rows(self) -> list[IndexEntry]:
        """Its rows in the index."""
        rows = [IndexEntry(self.name, v, *_state(model)) for v, model in self.versions.items()]
        rows += [
            IndexEntry(self.name, version, ModelState.UNAVAILABLE, reason)
            for version, reason in self.broken.items()
        ]
        rows.sort(key=lambda row: int(row.version))
        if self.loading:
            return rows or [IndexEntry(self.name, "", ModelState.LOADING)]
        if self.failure and not rows:
            return [IndexEntry(self.name, self.failed, ModelState.UNAVAILABLE, self.failure)]
        return rows or self._unloaded_rows() or [IndexEntry(self.name)]

    def _unloaded_rows(self) -> list[IndexEntry]:
        busy = {model.servable.version for model in self.closing if not model.closed}
        return [
            IndexEntry(self.name, version, ModelState.UNLOADING)
            if version in busy
            else IndexEntry(self.name, version, ModelState.UNAVAILABLE, UNLOADED)
            for version in self.gone
        ]

    def _absent(self, version: str) -> NotFound | NotReady:
        if self.loading and not self.versions:
            return NotReady(f"Request for unknown model: '{self.name}' is not at ready state")
        if version in self.broken:
            return NotReady(
                f"Request for unknown model: '{self.name}' version {version} is not at ready "
                f"state: {self.broken[version]}"
            )
        if version and self.versions:
            return NotFound(
                f"Request for unknown model: '{self.name}' version {version} is not found",
                hint=f"The versions here are {', '.join(sorted(self.versions, key=int))}.",
            )
        return NotFound(
            f"Request for unknown model: '{self.name}' has no available versions",
            hint=self.failure,
        )


def _state(model: LoadedModel) -> tuple[ModelState, str]:
    trouble = model.servable.trouble
    return (ModelState.UNAVAILABLE, trouble) if trouble else (ModelState.READY, "")
