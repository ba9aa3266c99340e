"""The models a server offers, by name: those that ship with it and those of its repositories."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from backend.core.errors import NotFound, UsageError
from backend.models.bundled import ModelServable
from backend.models.code import ModelCode
from backend.models.contract import Model
from backend.models.repository.adopt import Adopted
from backend.models.repository.adoption import Adoption
from backend.models.repository.dependencies import no_longer_needed, steps_first
from backend.models.repository.entry import Loader, ModelEntry
from backend.models.repository.folders import ModelFolders
from backend.models.repository.loaded import LoadedModel
from backend.models.repository.states import BrokenVersion, IndexEntry, reason_of
from backend.models.repository.uploads import check_upload
from backend.models.runtimes.chain import links_of
from backend.models.runtimes.ensemble import steps_of
from backend.models.servable import ModelLoadError, Servable
from backend.models.services import ModelServices

_log = logging.getLogger("inferdeck.models")

ModelFactory: TypeAlias = Callable[[], Model]
"""Makes a model that is ready to compute; may read files."""


class ModelRegistry:
    """Models by name, in the order they were added; safe to use from several threads.

    Loading happens on the caller's thread and leaves what is served alone until it has succeeded.
    `around` is what its models reach of the server; whoever serves them sees to it.
    """

    def __init__(
        self,
        models: Iterable[Model] = (),
        *,
        default: str = "",
        folders: ModelFolders | None = None,
        around: ModelServices | None = None,
    ) -> None:
        self.around = around or ModelServices()
        # Re-entered: an ensemble looks up the models it is made of.
        self._lock = threading.RLock()
        self._entries: dict[str, ModelEntry] = {}
        self._default = default
        self._folders = folders
        self.around.models.look_in(self)
        for model in models:
            self.add(model)

    @property
    def default(self) -> str:
        """Name of the model that answers when none is named; '' if there are no models."""
        names = self.names()
        return self._default if self._default in names else next(iter(names), "")

    def names(self) -> tuple[str, ...]:
        """The names of the models that are loaded."""
        with self._lock:
            return tuple(name for name, entry in self._entries.items() if entry.versions)

    def get(self, name: str, version: str = "") -> Servable:
        """The model of that name, and its newest version unless one is named.

        Raises NotFound, NotReady, or InvalidInput for a version that is no number.
        """
        return self.loaded(name, version).servable

    def loaded(self, name: str, version: str = "") -> LoadedModel:
        """What `get` gives, with its instances."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None:
                return entry.get(version)
            known = ", ".join(self._entries)
        raise NotFound(
            f"Request for unknown model: '{name}' is not found",
            hint=f"Models here: {known}." if known else "This server has no models.",
        )

    def find(self, name: str, version: str) -> Servable | None:
        """The loaded version, or the newest for '', whether or not it can take requests now."""
        with self._lock:
            entry = self._entries.get(name)
            return entry.servable(version) if entry else None

    def why_absent(self, name: str) -> str | None:
        """Why a model has no loaded version, '' if there is no reason; None if it is unknown."""
        with self._lock:
            entry = self._entries.get(name)
            return None if entry is None else entry.failure

    def versions(self, name: str) -> tuple[str, ...]:
        """The loaded versions of a model, smallest first; none for one that is not there."""
        with self._lock:
            entry = self._entries.get(name)
            return tuple(sorted(entry.versions, key=int)) if entry else ()

    def all_loaded(self) -> tuple[LoadedModel, ...]:
        """Every version of every model that is loaded."""
        with self._lock:
            return tuple(m for entry in self._entries.values() for m in entry.versions.values())

    def index(self) -> tuple[IndexEntry, ...]:
        """Every model that is loaded or could be, with the state of its versions."""
        self._note_folders()
        with self._lock:
            return tuple(row for entry in self._entries.values() for row in entry.rows())

    def add(self, model: Model) -> None:
        """Offer one more model of this process; raises UsageError if the name is taken."""
        self.add_factory(model.name, lambda: model)
        self.load(model.name)

    def add_factory(self, name: str, make: ModelFactory) -> None:
        """Know one more model of this process, not loaded yet; raises UsageError likewise."""
        self.add_loader(name, lambda _config: (LoadedModel(ModelServable(make())),))

    def add_loader(self, name: str, load: Loader) -> None:
        """Know one more model, however it is loaded; raises UsageError if the name is taken."""
        with self._lock:
            if name in self._entries:
                raise UsageError(f"A model named '{name}' is already loaded.")
            self._entries[name] = ModelEntry(name, load)

    def load(self, name: str, config_json: str = "") -> None:
        """Load a model, or load it anew; what was served goes on until then.

        Models that an ensemble needs are loaded before it, unless they are. A version that cannot
        be loaded leaves the others alone: the index shows why, and the log. Raises ModelLoadError,
        with the reason that the index shows afterwards, if none could be.
        """
        self._load_with_steps(name, config_json)

    def load_uploaded(self, name: str, config_json: str, files: Mapping[str, bytes]) -> None:
        """Load a model of files that are sent along, by paths like ``1/model.onnx``.

        It takes the place of a model of that name until it is unloaded or loaded anew. Raises
        ModelLoadError, or InvalidInput for a name that no model or file can have.
        """
        folders = self._folders
        if folders is None:
            raise UsageError("These models come from no repository.")
        check_upload(name, files)
        with self._lock:
            entry = self._entries.setdefault(name, _folder_entry(folders, name))
            entry.loading = True
        try:
            self._load_with_steps(
                name, config_json, lambda config: folders.load_uploaded(name, config, files)
            )
        except ModelLoadError:
            with self._lock:
                # Who sent the files has been told: names that are nowhere else are forgotten.
                if name not in folders.names():
                    entry.failure = ""
            raise

    def _load_with_steps(self, name: str, config_json: str, loader: Loader | None = None) -> None:
        """Load one model, and before it those that it needs and are not loaded."""
        for step in self._needed_by(name, config_json):
            if self.find(step, "") is None:
                with contextlib.suppress(ModelLoadError):  # the ensemble says so
                    self._load(step)
        self._load(name, config_json, loader)
        with self._lock:
            if name in self._entries:
                self._entries[name].wanted = True

    def _load(self, name: str, config_json: str = "", loader: Loader | None = None) -> None:
        """Load one model without those that it needs."""
        entry = self._entry_to_load(name)
        with entry.changing, self._recorded(entry):
            with self.around.loads.running(name):
                models = (loader or entry.load)(config_json)
            with self._lock:
                self._check_circles(name, models)
                entry.loading = False
                self._entries.setdefault(name, entry)
                old = entry.replace(models)
        for version, reason in entry.broken.items():
            _log.warning("failed to load version %s of '%s', %s", version, name, reason)
        for model in old:
            model.retire()

    @contextlib.contextmanager
    def _recorded(self, entry: ModelEntry) -> Iterator[None]:
        """Whatever goes wrong is what the index says of the model, and a ModelLoadError."""
        try:
            yield
        except Exception as error:
            reason = reason_of(error)
            failed = self._folders.newest(entry.name) if self._folders else ""
            with self._lock:
                entry.loading, entry.failure, entry.failed = False, reason, failed
            raise ModelLoadError(f"failed to load '{entry.name}', {reason}") from error

    def _needed_by(self, name: str, config_json: str = "") -> tuple[str, ...]:
        """The models to load before that one; raises ModelLoadError for a circle."""
        entry, folders = self._entry_to_load(name), self._folders
        if folders is None:
            return ()
        with self._recorded(entry):
            return steps_first(
                name, lambda model: folders.steps(model, config_json if model == name else "")
            )

    def _check_circles(self, name: str, models: Sequence[LoadedModel | BrokenVersion]) -> None:
        """Raise ModelLoadError if the loaded ensembles need each other in a circle with these."""
        new = [model for model in models if isinstance(model, LoadedModel)]
        steps = {**self._steps(), name: _steps_of(new)}
        if not steps[name]:
            return
        try:
            for model in steps:
                steps_first(model, lambda model: steps.get(model, ()))
        except ModelLoadError:
            for loaded in new:
                loaded.retire()
            raise

    def _steps(self) -> dict[str, list[str]]:
        """What each loaded ensemble needs."""
        found = {n: _steps_of(entry.versions.values()) for n, entry in self._entries.items()}
        return {name: steps for name, steps in found.items() if steps}

    def add_repository(self, root: Path) -> None:
        """Know the models of one more repository, none of them loaded yet.

        Raises UsageError for what is no folder, and in a registry that takes none.
        """
        if self._folders is None:
            raise UsageError("These models come from no repository.")
        self._folders.add(root)

    def add_file(self, file: Path) -> str:
        """Know one more model that is a file by itself, not loaded yet; its name.

        Raises UsageError for what is no model file, and in a registry that takes none.
        """
        if self._folders is None:
            raise UsageError("These models come from no repository.")
        return self._folders.add_file(file)

    def adopt(self, file: Path, repository: Path, adoption: Adoption) -> Adopted:
        """Copy a model file to a repository, under a name that is free; raises as `adopt` does."""
        if self._folders is None:
            raise UsageError("These models come from no repository.")
        return self._folders.adopt(file, repository, tuple(self._entries), adoption)

    def repositories(self) -> tuple[tuple[Path, tuple[str, ...]], ...]:
        """Every repository with the names of its models; one that cannot be read has none."""
        return self._folders.contents() if self._folders else ()

    def code(self, name: str) -> ModelCode | None:
        """What a model of a repository would run, None for one that is no program.

        Raises ModelLoadError if its folder does not tell; may be slow.
        """
        if self._folders is None or name not in self._folders.names():
            return None
        return self._folders.code(name)

    def remove_repository(self, root: Path) -> None:
        """Forget a repository and unload its models; one that is not there is no error.

        A bundled model whose name one of them had taken is served again.
        """
        for name in self._folders.remove(root) if self._folders else ():
            self.unload(name)
            with self._lock:
                entry = self._entries.get(name)
                hidden = entry.hidden if entry is not None else None
                if entry is not None and hidden is not None:
                    entry.load, entry.hidden, entry.from_folder = hidden, None, False
                elif entry is not None and entry.from_folder and not entry.versions:
                    del self._entries[name]
            if hidden is not None:
                self.load(name)

    def load_all(self) -> None:
        """Load every model of the repositories; one that cannot be is logged and left out."""
        names = self._folders.names() if self._folders else ()
        tried: set[str] = set()
        for name in names:
            if name in tried:
                continue
            order: tuple[str, ...] = ()
            with _logged():
                order = (*self._needed_by(name), name)
            for model in order:
                if model in names and model not in tried:
                    tried.add(model)
                    with _logged():
                        self._load(model)
                        self._entries[model].wanted = True

    def unload(self, name: str, *, dependents: bool = False) -> None:
        """Stop serving a model; a name that is not known, or not loaded, is no error.

        One that is being loaded is given up, if its runtime can do that; else it is waited for.
        With `dependents`, also the models that were only loaded because an ensemble needed them.
        """
        with self._lock:
            wanted = [n for n, entry in self._entries.items() if entry.wanted]
            going = no_longer_needed(name, self._steps(), wanted) if dependents else ()
        for model in (name, *going):
            self._unload(model)

    def _unload(self, name: str) -> None:
        with self._lock:
            entry = self._entries.get(name)
        if entry is None:
            return
        self.around.loads.give_up(name)
        with entry.changing, self._lock:
            old = entry.replace(()) if entry.versions else []
            entry.failure = ""
            entry.wanted = False
        for model in old:
            model.retire()

    def remove(self, name: str) -> None:
        """Unload a model and forget it; raises NotFound."""
        with self._lock:
            if name not in self._entries:
                raise NotFound(f"Request for unknown model: '{name}' is not found")
        self.unload(name)
        with self._lock:
            self._entries.pop(name, None)

    def close(self) -> None:
        """Unload and forget every model, for good: what is being loaded is given up."""
        self.around.loads.close()
        for name in tuple(self._entries):
            with contextlib.suppress(NotFound):
                self.remove(name)

    def _entry_to_load(self, name: str) -> ModelEntry:
        """The entry, marked as loading; that of a repository goes before a bundled one."""
        self._note_folders()
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                raise ModelLoadError(
                    f"failed to load '{name}', no such model in the model repository"
                )
            entry.loading = True
            return entry

    def _note_folders(self) -> None:
        """Know every model of the repositories; their names go before those of bundled models."""
        folders = self._folders
        if folders is None:
            return
        there = folders.names()
        with self._lock:
            for name in [n for n, entry in self._entries.items() if entry.forgettable]:
                if name not in there:
                    del self._entries[name]
            for name in there:
                entry = self._entries.get(name)
                if entry is None:
                    self._entries[name] = _folder_entry(folders, name)
                elif not entry.from_folder:
                    entry.hidden = entry.load
                    entry.load, entry.from_folder = _from_folder(folders, name), True


def _folder_entry(folders: ModelFolders, name: str) -> ModelEntry:
    return ModelEntry(name, _from_folder(folders, name), from_folder=True)


def _from_folder(folders: ModelFolders, name: str) -> Loader:
    return lambda config_json: folders.load(name, config_json)


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except ModelLoadError as error:
        _log.warning("%s", error)


def _steps_of(models: Iterable[LoadedModel]) -> list[str]:
    configs = [model.servable.config for model in models]
    steps = [step.model for config in configs for step in steps_of(config)]
    return [*steps, *(link for config in configs for link in links_of(config))]
