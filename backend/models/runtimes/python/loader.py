"""Loads models written for Triton's python backend; each instance is a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from backend.core.files.regular import check_regular
from backend.core.tensors import TensorSpec
from backend.models.config import (
    chosen_versions,
    input_specs,
    output_specs,
    profile_in,
    read_labels,
    versions_in,
)
from backend.models.runtimes.python.config import (
    BACKEND,
    DEFAULT_FILE,
    config_from,
    config_json,
    file_name,
    instance_places,
    with_defaults,
)
from backend.models.runtimes.python.instance import Patience, PythonInstance
from backend.models.runtimes.python.process import ModelProcess
from backend.models.runtimes.python_pipe import Body
from backend.models.servable import ModelLoadError
from backend.models.services import ModelServices
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb

_log = logging.getLogger("inferdeck.models.python")
_ENVIRONMENT = "EXECUTION_ENV_PATH"


class PythonServable:
    """One version of a Python model."""

    instant = False

    def __init__(
        self,
        config: pb.ModelConfig,
        version_folder: Path,
        patience: Patience,
        around: ModelServices,
    ) -> None:
        self.config = config
        self.name = config.name
        self.version = version_folder.name
        self.decoupled = config.model_transaction_policy.decoupled
        self.inputs: tuple[TensorSpec, ...] = input_specs(config)
        self.outputs: tuple[TensorSpec, ...] = output_specs(config)
        self.labels: Mapping[str, tuple[str, ...]] = read_labels(config, version_folder.parent)
        self.profile: ModelProfile | None = profile_in(
            version_folder.parent, config.name, self.inputs, self.outputs, self.labels
        )
        self._version_folder = version_folder
        self._around = around
        self._patience = patience
        self._instances: list[PythonInstance] = []

    @property
    def trouble(self) -> str:
        """Why one of its processes cannot compute just now; '' if all can."""
        return next((one.trouble for one in self._instances if one.trouble), "")

    def make_instance(self, index: int) -> PythonInstance:
        """Start a process and initialize the model in it; raises ModelLoadError."""
        places = list(instance_places(self.config))
        name, kind = places[min(index, len(places) - 1)]
        setup = _setup(self.config, self._version_folder, name, kind)
        instance = PythonInstance(
            name, setup, self._patience, self._around, decoupled=self.decoupled
        )
        self._instances.append(instance)
        return instance

    def close(self) -> None:
        """The instances are closed already, and share nothing but what they have measured."""
        for instance in self._instances:
            self._around.metrics.forget(instance)


class PythonRuntime:
    """Models whose version folders hold a Python file with a class TritonPythonModel."""

    name = BACKEND

    def __init__(
        self, patience: Patience | None = None, around: ModelServices | None = None
    ) -> None:
        self._patience = patience or Patience()
        self._around = around or ModelServices()

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:
        """By backend; where neither it nor a platform is given, by the name of the model's file."""
        if config.backend or config.platform:
            return config.backend == BACKEND
        if config.default_model_filename:
            return config.default_model_filename.endswith(".py")
        return any(path.exists() for path in folder.glob(f"[0-9]*/{DEFAULT_FILE}"))

    def code_files(self, config: pb.ModelConfig, folder: Path) -> tuple[Path, ...]:
        """The files that are run for the versions of a model; raises ModelLoadError."""
        name = file_name(config)
        versions = chosen_versions(config.version_policy, versions_in(folder))
        return tuple(folder / str(version) / name for version in versions)

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:
        """The configuration as `auto_complete_config` fills it, in a process that ends with it.

        Raises ModelLoadError if the file cannot be imported or the function fails.
        """
        setup = _setup(
            with_defaults(config), version_folder, f"{config.name}_complete", "CPU", complete=True
        )
        self._around.code.check(version_folder.parent)
        process = ModelProcess(setup["args"]["model_instance_name"])
        try:
            with self._around.loads.ended_by(config.name, process.kill):
                return config_from(process.set_up(setup, self._patience.initialize_s)["config"])
        finally:
            process.kill_and_wait()
            process.close()

    def load(self, config: pb.ModelConfig, version_folder: Path) -> PythonServable:
        """The model, whose processes start with its instances; raises ModelLoadError."""
        _find(config, version_folder)
        if _ENVIRONMENT in config.parameters:
            _log.warning(
                "model %s: %s is not used; it runs with the server's own packages",
                config.name,
                _ENVIRONMENT,
            )
        return PythonServable(with_defaults(config), version_folder, self._patience, self._around)


def _find(config: pb.ModelConfig, version_folder: Path) -> str:
    name = file_name(config)
    try:
        check_regular(version_folder / name)
    except FileNotFoundError:
        raise ModelLoadError(f"there is no file {version_folder.name}/{name}") from None
    except OSError as error:
        raise ModelLoadError(
            f"{version_folder.name}/{name} cannot be read: {error.strerror}"
        ) from None
    return name


def _setup(
    config: pb.ModelConfig, version_folder: Path, name: str, kind: str, *, complete: bool = False
) -> Body:
    folder = str(version_folder.parent.resolve())
    return {
        "folder": folder,
        "version": version_folder.name,
        "file": _find(config, version_folder),
        "complete": complete,
        "args": {
            "model_config": config_json(config),
            "model_instance_kind": kind,
            "model_instance_name": name,
            "model_instance_device_id": "0",
            "model_repository": folder,
            "model_version": version_folder.name,
            "model_name": config.name,
        },
    }
