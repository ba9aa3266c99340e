"""A model's declaration as a replica tells it, and as the registry holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.core.tensors import TensorSpec
from backend.engines.ray.deployed import Deployed
from backend.models.servable import ExecutionTimes, ModelRequest, Respond, Servable
from backend.profiles.file import profile_from_toml, profile_to_toml
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb


@dataclass(frozen=True, slots=True)
class Declaration:
    """One loaded version, in values that travel; `config` and `profile` as bytes and TOML."""

    name: str
    version: str
    config: bytes
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    labels: dict[str, tuple[str, ...]]
    profile: str
    decoupled: bool


def declaration_of(servable: Servable) -> Declaration:
    """What a loaded version takes and gives."""
    profile = servable.profile
    return Declaration(
        servable.name,
        servable.version,
        servable.config.SerializeToString(),
        servable.inputs,
        servable.outputs,
        {name: tuple(labels) for name, labels in servable.labels.items()},
        "" if profile is None else profile_to_toml(profile),
        servable.decoupled,
    )


class RemoteServable:
    """A version that replicas elsewhere compute; its instances here compute nothing.

    `trouble` says why no replica can take requests just now, and `release` is called once, when
    the version is served no longer.
    """

    instant = False

    def __init__(
        self,
        declaration: Declaration,
        deployed: Deployed,
        trouble: Callable[[], str],
        release: Callable[[], None],
    ) -> None:
        self.deployed = deployed
        self.name = declaration.name
        self.version = declaration.version
        self.config = pb.ModelConfig.FromString(declaration.config)
        self.inputs = declaration.inputs
        self.outputs = declaration.outputs
        self.labels: Mapping[str, tuple[str, ...]] = declaration.labels
        self.decoupled = declaration.decoupled
        self.profile: ModelProfile | None = (
            profile_from_toml(declaration.profile) if declaration.profile else None
        )
        self._trouble = trouble
        self._release = release

    @property
    def trouble(self) -> str:
        """Why no replica can take requests just now, '' while one can."""
        return self._trouble()

    def make_instance(self, index: int) -> _NoInstance:  # noqa: ARG002 - the protocol's
        """A place holder: requests go to replicas."""
        return _NoInstance()

    def close(self) -> None:
        """Let the replicas go."""
        self._release()


class _NoInstance:
    """Stands for the instances, which are in the replicas."""

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Never called: the engine sends requests to replicas."""
        raise NotImplementedError

    def close(self) -> None:
        """There is nothing to let go of."""
