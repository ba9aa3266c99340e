"""Models that are made of other models (``ensemble_scheduling``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from backend.core.tensors import TensorSpec
from backend.models.config import input_specs, output_specs, profile_in, read_labels
from backend.models.runtimes.ensemble.checks import check_steps, models_of_steps
from backend.models.runtimes.ensemble.plan import PLATFORM, Level, check_graph, levels_of, steps_of
from backend.models.servable import Instance, ModelLoadError, Servable
from backend.models.services import LoadedModels, ModelServices
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb


class EnsembleServable:
    """One version of an ensemble; it has no instances, its steps are asked as any model is."""

    instant = False

    def __init__(self, config: pb.ModelConfig, version_folder: Path, models: LoadedModels) -> None:
        """Raises ModelLoadError if a step is not loaded, or the steps do not fit each other."""
        folder = version_folder.parent
        self.config = config
        self.name = config.name
        self.version = version_folder.name
        self.inputs: tuple[TensorSpec, ...] = input_specs(config)
        self.outputs: tuple[TensorSpec, ...] = output_specs(config)
        self.labels: Mapping[str, tuple[str, ...]] = read_labels(config, folder)
        self.profile: ModelProfile | None = profile_in(
            folder, config.name, self.inputs, self.outputs, self.labels
        )
        self.steps = steps_of(config)
        self._models = models
        self._checked: tuple[Servable, ...] = ()
        found = models_of_steps(self.name, self.steps, models)
        self._decoupled = [
            step for step, model in zip(self.steps, found, strict=True) if model.decoupled
        ]
        self.decoupled = config.model_transaction_policy.decoupled or bool(self._decoupled)
        self._check(found)
        self.levels([spec.name for spec in self.outputs])

    @property
    def trouble(self) -> str:
        """Which step is not loaded, cannot take requests or no longer fits; '' if all is well."""
        try:
            found = models_of_steps(self.name, self.steps, self._models)
            if found != self._checked:
                self._check(found)
        except ModelLoadError as error:
            return str(error)
        for model in found:
            trouble = model.trouble
            if trouble:
                return f"its model '{model.name}' cannot take requests: {trouble}"
        return ""

    def levels(self, outputs: Collection[str]) -> tuple[Level, ...]:
        """The steps that these outputs need, all of them for ()."""
        names = [spec.name for spec in self.inputs]
        wanted = outputs or [spec.name for spec in self.outputs]
        return levels_of(self.name, names, wanted, self.steps, self._decoupled)

    def make_instance(self, index: int) -> Instance:
        """There are none."""
        raise ModelLoadError(f"ensemble '{self.name}' has no instances, least of all {index}")

    def close(self) -> None:
        """Its steps are models of their own, and stay."""

    def _check(self, found: tuple[Servable, ...]) -> None:
        check_steps(self.config, self.steps, found)
        for step, model in zip(self.steps, found, strict=True):
            if model.decoupled != (step in self._decoupled):
                raise ModelLoadError(
                    f"model '{step.model}' of ensemble '{self.name}' has another transaction "
                    "policy than before: load the ensemble anew"
                )
        self._checked = found


class EnsembleRuntime:
    """Models whose configuration is all there is to them."""

    name = PLATFORM

    def __init__(self, around: ModelServices) -> None:
        self._models = around.models

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:  # noqa: ARG002 - no file
        """By platform or scheduling."""
        return config.platform == PLATFORM or config.HasField("ensemble_scheduling")

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:  # noqa: ARG002
        """The configuration, decoupled if a step is; raises ModelLoadError."""
        if config.platform != PLATFORM:
            raise ModelLoadError(
                f"ensemble scheduling cannot be set for model '{config.name}' whose platform is "
                "not ensemble"
            )
        if not config.HasField("ensemble_scheduling"):
            raise ModelLoadError(
                f"ensemble scheduling must be set for ensemble {config.name} whose platform is "
                "ensemble"
            )
        check_graph(config)
        if config.version_policy.WhichOneof("policy_choice") is None:
            config.version_policy.latest.num_versions = 1
        found = models_of_steps(config.name, steps_of(config), self._models)
        if any(model.decoupled for model in found):
            config.model_transaction_policy.decoupled = True
        return config

    def load(self, config: pb.ModelConfig, version_folder: Path) -> EnsembleServable:
        """The ensemble; raises ModelLoadError."""
        return EnsembleServable(config, version_folder, self._models)
