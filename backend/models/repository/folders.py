"""A model repository on disk: which models it holds, and how one of them is loaded."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.regular import read_regular
from backend.models.code import ModelCode, code_digest
from backend.models.config import (
    CONFIG_FILE,
    MAX_BYTES,
    check_config,
    chosen_versions,
    inside,
    parse_config,
    parse_config_json,
    without_gpus,
)
from backend.models.first_call import FirstCalls
from backend.models.loads import Loads
from backend.models.repository.adopt import Adopted, adopt
from backend.models.repository.adoption import Adoption
from backend.models.repository.label_files import add_labels, labels_beside
from backend.models.repository.loaded import LoadedModel
from backend.models.repository.model_files import check_model_file, free_name, model_name
from backend.models.repository.places import ModelPlace, places_in
from backend.models.repository.states import BrokenVersion, reason_of
from backend.models.repository.uploads import Uploads
from backend.models.runtimes.chain import links_of
from backend.models.runtimes.choice import PlacesModels, RunsCode, Runtime, runtime_for
from backend.models.runtimes.ensemble import steps_of
from backend.models.runtimes.graph import GraphInstance
from backend.models.servable import ModelLoadError
from backend.models.warmup import WarmUp, read_samples
from backend.wire.generated import open_inference_pb2 as pb

_log = logging.getLogger("inferdeck.models")


class ModelFolders:
    """The model folders of some repositories; each is read anew whenever it is asked for.

    Only what stands directly in a repository is a model, so that no name leads elsewhere.
    `loads` are where a load is given up.
    """

    def __init__(
        self, roots: Sequence[Path], runtimes: Sequence[Runtime], loads: Loads | None = None
    ) -> None:
        self._loads = loads or Loads()
        self._roots: tuple[Path, ...] = ()
        self._files: Mapping[str, ModelPlace] = {}
        self._runtimes = tuple(runtimes)
        self._uploads = Uploads()
        for root in roots:
            self.add(root)

    def add(self, root: Path) -> None:
        """One more repository, unless it is there already; raises UsageError if it is no folder."""
        if not root.is_dir():
            raise UsageError(
                f"The model repository {root} is not a folder.",
                hint="Give the folder that holds one folder per model.",
            )
        root = root.resolve()
        if root not in self._roots:
            self._roots = (*self._roots, root)

    def remove(self, root: Path) -> tuple[str, ...]:
        """Forget a repository; the names of the models that are in no other one."""
        root = root.resolve()
        there = places_in(root) if root in self._roots else {}
        self._roots = tuple(other for other in self._roots if other != root)
        others = self.names()
        return tuple(name for name in there if name not in others)

    def add_file(self, file: Path) -> str:
        """One more model that is a file by itself, under a name that is free; that name.

        Raises UsageError for what is no model file.
        """
        file = check_model_file(file)
        name = free_name(model_name(file), self.names())
        self._files = {**self._files, name: ModelPlace.of_file(file, name)}
        return name

    def adopt(
        self, file: Path, repository: Path, taken: Collection[str], adoption: Adoption
    ) -> Adopted:
        """What the function `adopt` does, by the runtimes of these folders."""
        loads, name = self._loads, adoption.name
        with loads.running(name), adoption.ending(partial(loads.give_up, name)):
            return adopt(file, repository, self._runtimes, {*taken, *self.names()}, adoption)

    def contents(self) -> tuple[tuple[Path, tuple[str, ...]], ...]:
        """Every repository with the names of its models, sorted."""
        return tuple((root, tuple(sorted(places_in(root)))) for root in self._roots)

    def names(self) -> tuple[str, ...]:
        """The names of all models, sorted; a repository that cannot be read has none."""
        found: set[str] = set(self._files)
        for root in self._roots:
            found.update(places_in(root))
        return tuple(sorted(found))

    def load(self, name: str, config_json: str = "") -> list[LoadedModel | BrokenVersion]:
        """Every version that the model's policy serves, smallest first.

        A version that cannot be loaded is there with its reason, and leaves the others alone.
        `config_json` takes the place of the configuration file. Raises ModelLoadError if nothing
        can be served; then nothing is left open.
        """
        place = self._place(name)
        return self._load(place, _configuration(place, config_json))

    def configuration(self, name: str, config_json: str = "") -> tuple[pb.ModelConfig, Path]:
        """The configuration as it is written, and the folder; raises ModelLoadError."""
        place = self._place(name)
        return _named(_configuration(place, config_json), name), place.folder

    def runtime(self, name: str) -> str:
        """What the model is for, by the name of a runtime; raises ModelLoadError."""
        config, folder = self.configuration(name)
        return runtime_for(self._runtimes, config, folder).name

    def load_uploaded(
        self, name: str, config_json: str, files: Mapping[str, bytes]
    ) -> list[LoadedModel | BrokenVersion]:
        """What `load` gives, of files that are in no repository and of nothing else.

        Raises ModelLoadError, InvalidInput for names of files that are none, and Overloaded.
        """
        config = parse_config_json(config_json)
        with self._uploads.folder(name, files) as folder:
            models = self._load(ModelPlace(name, folder, versioned=True), config)
        self._uploads.keep(folder, models)
        return models

    def steps(self, name: str, config_json: str = "") -> tuple[str, ...]:
        """What an ensemble or a chain is made of; nothing for other models, and broken ones."""
        try:
            config = (
                parse_config_json(config_json)
                if config_json
                else _configuration(self._place(name), "")
            )
        except ModelLoadError:  # told when it is loaded
            return ()
        return tuple(dict.fromkeys([*(step.model for step in steps_of(config)), *links_of(config)]))

    def _load(self, place: ModelPlace, config: pb.ModelConfig) -> list[LoadedModel | BrokenVersion]:
        name, folder = place.name, place.folder
        config = _named(config, name)
        runtime = runtime_for(self._runtimes, config, folder)
        if not isinstance(runtime, PlacesModels) and without_gpus(config):
            _log.warning("model %s: instance_group asks for KIND_GPU; it runs on the CPU", name)
        found: list[LoadedModel | BrokenVersion] = []
        failures: list[Exception] = []
        try:
            for version in chosen_versions(config.version_policy, place.versions(config)):
                try:
                    found.append(_load_version(runtime, config, place, version, self._loads))
                except Exception as error:  # noqa: BLE001 - the others may be served
                    found.append(BrokenVersion(str(version), reason_of(error)))
                    failures.append(error)
        except BaseException:
            for model in found:
                if isinstance(model, LoadedModel):
                    model.retire()
            raise
        if len(failures) == len(found):
            raise failures[-1]
        return found

    def code(self, name: str) -> ModelCode | None:
        """What the model would run, None if it is no program; raises ModelLoadError."""
        place = self._place(name)
        folder, config = place.folder, _named(_configuration(place, ""), name)
        runtime = runtime_for(self._runtimes, config, folder)
        if not isinstance(runtime, RunsCode):
            return None
        return ModelCode(name, folder, runtime.code_files(config, folder), code_digest(folder))

    def newest(self, name: str) -> str:
        """The highest version that a model has a folder for, '' if there is none or no model."""
        try:
            return str(max(self._place(name).versions(pb.ModelConfig()), default=""))
        except ModelLoadError:
            return ""

    def _place(self, name: str) -> ModelPlace:
        every = [self._files, *(places_in(root) for root in self._roots)]
        found = [places[name] for places in every if name in places]
        if not found:
            raise ModelLoadError("no such model in the model repository")
        if len(found) > 1:
            raise ModelLoadError("more than one model repository holds a model of this name")
        if found[0].file is None and found[0].folder.name != name:
            raise ModelLoadError("the name of its folder is not UTF-8: rename it")
        return found[0]


def _load_version(
    runtime: Runtime, config: pb.ModelConfig, place: ModelPlace, version: int, loads: Loads
) -> LoadedModel:
    given = pb.ModelConfig()
    given.CopyFrom(config)
    path = inside(place.folder, str(version))
    complete = runtime.complete(given, path)
    if place.file is not None:
        add_labels(complete, labels_beside(place.file))
    check_config(complete)
    model = LoadedModel(runtime.load(complete, path))
    warming = WarmUp(model.instances)
    try:
        samples = read_samples(model.servable, path.parent)
        with loads.ended_by(complete.name, warming.end):
            warming.run(samples)
        if not samples and all(isinstance(one, GraphInstance) for one in model.instances):
            first = FirstCalls(model.servable, model.instances)
            with loads.ended_by(complete.name, first.end):
                first.run()
    except BaseException:
        model.retire()
        raise
    return model


def _named(config: pb.ModelConfig, name: str) -> pb.ModelConfig:
    if config.name not in ("", name):
        raise ModelLoadError(
            f"unexpected directory name '{name}' for model '{config.name}', directory name "
            "must equal model name"
        )
    config.name = name
    return config


def _configuration(place: ModelPlace, config_json: str) -> pb.ModelConfig:
    """The configuration as it is written; what it leaves out, the model tells."""
    config = parse_config_json(config_json) if config_json else _written(place.folder)
    if place.file is not None:  # and no other file that is beside it
        config.default_model_filename = place.file.name
    return config


def _written(folder: Path) -> pb.ModelConfig:
    path = inside(folder, CONFIG_FILE)
    try:
        return parse_config(read_regular(path, MAX_BYTES))
    except FileNotFoundError:
        return pb.ModelConfig()
    except OSError as error:
        raise ModelLoadError(f"{CONFIG_FILE} cannot be read: {error.strerror}") from None
