"""What the server says about itself and its models, in the words of the protocol."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.inference import (
    BINARY_EXTENSION,
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    ModelMetadata,
    ServerMetadata,
    TensorMetadata,
)
from backend.core.release import VERSION
from backend.core.tensors import TensorSpec
from backend.models.servable import Servable

SERVER_NAME = "inferdeck"


SHARED_MEMORY_EXTENSION = "system_shared_memory"

_EXTENSIONS = (
    "classification",
    "sequence",
    "model_repository",
    "model_repository(unload_dependents)",
    "schedule_policy",
    "model_configuration",
    SHARED_MEMORY_EXTENSION,
    BINARY_EXTENSION,
    "parameters",
    "statistics",
    "logging",
    TIMING_EXTENSION,
    TYPED_EXTENSION,
)


def server_metadata(*, shared_memory: bool) -> ServerMetadata:
    """Name, version and the extensions that are offered."""
    offered = tuple(
        name for name in _EXTENSIONS if shared_memory or name != SHARED_MEMORY_EXTENSION
    )
    return ServerMetadata(SERVER_NAME, VERSION, offered)


def model_metadata(model: Servable, versions: Sequence[str]) -> ModelMetadata:
    """A model's declared inputs and outputs, and which of its versions are loaded."""
    return ModelMetadata(
        name=model.name,
        versions=tuple(versions) or (model.version,),
        platform=model.config.platform or model.config.backend,
        inputs=tuple(_tensor(spec) for spec in model.inputs),
        outputs=tuple(_tensor(spec) for spec in model.outputs),
    )


def _tensor(spec: TensorSpec) -> TensorMetadata:
    return TensorMetadata(spec.name, spec.datatype, spec.shape)
