"""What can load the models of a repository: one runtime per kind of model file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from backend.models.runtimes.chain import ChainRuntime
from backend.models.runtimes.ensemble import EnsembleRuntime
from backend.models.runtimes.litert import LiteRtRuntime
from backend.models.runtimes.onnx import OnnxRuntime
from backend.models.runtimes.python import PythonRuntime
from backend.models.servable import ModelLoadError, Servable
from backend.models.services import ModelServices
from backend.wire.generated import open_inference_pb2 as pb


class Runtime(Protocol):
    """Loads one kind of model."""

    @property
    def name(self) -> str:
        """As `backend` in a configuration names it: "onnxruntime", "python"."""
        ...

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:
        """Whether it can load the model of that folder.

        The configuration may be empty; then the files decide (``folder/<version>/model.onnx``).
        """
        ...

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:
        """The configuration, filled with what the model itself knows; raises ModelLoadError."""
        ...

    def load(self, config: pb.ModelConfig, version_folder: Path) -> Servable:
        """A version, ready to make instances, named after the configuration.

        `config` is complete, and the version folder is called by its number. Raises ModelLoadError
        with the reason.
        """
        ...


@runtime_checkable
class RunsCode(Protocol):
    """A runtime whose models are programs."""

    def code_files(self, config: pb.ModelConfig, folder: Path) -> tuple[Path, ...]:
        """The files that are run for the model of that folder; raises ModelLoadError."""
        ...


@runtime_checkable
class PlacesModels(Protocol):
    """A runtime that computes on what a configuration wants, or says why it cannot."""

    @property
    def places_models(self) -> bool:
        """Whether groups for GPUs are its own matter."""
        ...


def runtime_for(runtimes: Sequence[Runtime], config: pb.ModelConfig, folder: Path) -> Runtime:
    """The first runtime that handles the model; raises ModelLoadError if there is none."""
    for runtime in runtimes:
        if runtime.handles(config, folder):
            return runtime
    known = ", ".join(runtime.name for runtime in runtimes) or "none"
    if config.backend or config.platform:
        raise ModelLoadError(
            f"no runtime here for backend '{config.backend or config.platform}'; there is {known}"
        )
    raise ModelLoadError(
        "the folder holds no model that a runtime here knows: expected <version>/model.onnx, "
        f"<version>/model.tflite or <version>/model.py; runtimes: {known}"
    )


def standard_runtimes(around: ModelServices | None = None) -> tuple[Runtime, ...]:
    """The runtimes that ship with Inferdeck, each one line here; `around` is for their models."""
    around = around or ModelServices()
    return (
        EnsembleRuntime(around),
        ChainRuntime(around),
        OnnxRuntime(),
        LiteRtRuntime(around.loads),
        PythonRuntime(around=around),
    )
