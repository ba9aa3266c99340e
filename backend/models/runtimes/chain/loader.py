"""Loads chains: their configuration is all there is to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backend.core.errors import NotReady
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.models.config import describe, input_specs, output_specs, profile_in
from backend.models.runtimes.chain.asking import LinkCalls
from backend.models.runtimes.chain.instance import ChainInstance
from backend.models.runtimes.chain.settings import PLATFORM, settings_of
from backend.models.servable import Instance, ModelLoadError, Servable
from backend.models.services import ModelServices
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import BOXES, CLASSES, IMAGE, IMAGE_ENCODED, POINTS, SCORES, TEXT
from backend.profiles.outputs.boxes import BoxDecoder
from backend.wire.generated import open_inference_pb2 as pb

_INPUTS = (
    TensorSpec(IMAGE, Datatype.UINT8, (-1, -1, 3), optional=True),
    TensorSpec(IMAGE_ENCODED, Datatype.BYTES, (1,), optional=True),
)
_OUTPUTS = (
    TensorSpec(BOXES, Datatype.FP32, (-1, 4)),
    TensorSpec(SCORES, Datatype.FP32, (-1,)),
    TensorSpec(CLASSES, Datatype.INT64, (-1,)),
    TensorSpec(POINTS, Datatype.FP32, (-1, -1, 2)),
)

_TEXT = TensorSpec(TEXT, Datatype.BYTES, (-1,))


class ChainServable:
    """One version of a chain; its models are asked as any model is."""

    instant = False
    decoupled = False

    def __init__(self, config: pb.ModelConfig, version_folder: Path, around: ModelServices) -> None:
        """Raises ModelLoadError if a model is not loaded or has no profile."""
        self.config = config
        self.name = config.name
        self.version = version_folder.name
        self.inputs: tuple[TensorSpec, ...] = input_specs(config)
        self.outputs: tuple[TensorSpec, ...] = output_specs(config)
        self.labels: Mapping[str, tuple[str, ...]] = {}
        self._around = around
        self._settings = settings_of(config)
        detector, second = self._found()
        self.profile: ModelProfile | None = profile_in(
            version_folder.parent, self.name, self.inputs, self.outputs, {}
        ) or ModelProfile(
            self.name,
            MediaKind.IMAGE,
            self.inputs,
            self.outputs,
            BoxDecoder(point_names=() if self._settings.reads else second.labels),
            detector.labels,
        )

    @property
    def trouble(self) -> str:
        """Which of its models is not loaded or cannot take requests; '' if all is well."""
        try:
            self._found()
        except ModelLoadError as error:
            return str(error)
        return ""

    def make_instance(self, index: int) -> Instance:  # noqa: ARG002 - all are alike
        """One that asks its models one after the other."""
        return ChainInstance(self._settings, LinkCalls(self._around.calls), self._profiles)

    def close(self) -> None:
        """Its models are models of their own, and stay."""

    def _profiles(self) -> tuple[ModelProfile, ModelProfile]:
        try:
            return self._found()
        except ModelLoadError as error:
            raise NotReady(str(error)) from None

    def _found(self) -> tuple[ModelProfile, ModelProfile]:
        return self._profile(self._settings.detector), self._profile(self._settings.second)

    def _profile(self, name: str) -> ModelProfile:
        """That of a model which is there and takes pictures; raises ModelLoadError."""
        model: Servable | None = self._around.models.find(name, "")
        if model is None:
            reason = self._around.models.why_absent(name)
            why = reason or ("it is not loaded" if reason is not None else "there is no such model")
            raise ModelLoadError(f"chain '{self.name}' needs model '{name}': {why}")
        if model.trouble:
            raise ModelLoadError(f"chain '{self.name}' needs model '{name}': {model.trouble}")
        if model.profile is None or model.profile.kind is not MediaKind.IMAGE:
            raise ModelLoadError(
                f"chain '{self.name}' needs a profile.toml beside model '{name}' that says how a "
                "picture becomes its inputs"
            )
        return model.profile


class ChainRuntime:
    """Models of `backend: "chain"`."""

    name = PLATFORM

    def __init__(self, around: ModelServices) -> None:
        self._around = around

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:  # noqa: ARG002 - no file
        """By its backend."""
        return PLATFORM in (config.backend, config.platform)

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:  # noqa: ARG002
        """The configuration with the tensors that every chain has; raises ModelLoadError."""
        text = (_TEXT,) if settings_of(config).reads else ()
        whole = describe(config.name, PLATFORM, _INPUTS, (*_OUTPUTS, *text))
        inputs, outputs = list(config.input), list(config.output)
        own = inputs in ([], list(whole.input)) and outputs in ([], list(whole.output))
        if not own or config.max_batch_size:
            raise ModelLoadError(
                f"chain '{config.name}' has inputs and outputs of its own and no batches: leave "
                "'input', 'output' and 'max_batch_size' out"
            )
        for field, _ in whole.ListFields():
            if not getattr(config, field.name):
                config.MergeFrom(pb.ModelConfig(**{field.name: getattr(whole, field.name)}))
        return config

    def load(self, config: pb.ModelConfig, version_folder: Path) -> ChainServable:
        """The chain; raises ModelLoadError."""
        return ChainServable(config, version_folder, self._around)
