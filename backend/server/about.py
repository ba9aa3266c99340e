"""What the server says about itself and its models, in the words of the protocol."""

from __future__ import annotations

from backend.core.inference import (
    BINARY_EXTENSION,
    TIMING_EXTENSION,
    ModelMetadata,
    ServerMetadata,
    TensorMetadata,
)
from backend.core.release import VERSION
from backend.core.tensors import TensorSpec
from backend.models.servable import Servable

SERVER_NAME = "inferdeck"


def server_metadata() -> ServerMetadata:
    """Name, version and the extensions that are offered."""
    return ServerMetadata(SERVER_NAME, VERSION, (BINARY_EXTENSION, TIMING_EXTENSION))


def model_metadata(model: Servable) -> ModelMetadata:
    """A model's declared inputs and outputs."""
    return ModelMetadata(
        name=model.name,
        versions=(model.version,),
        platform=model.config.platform,
        inputs=tuple(_tensor(spec) for spec in model.inputs),
        outputs=tuple(_tensor(spec) for spec in model.outputs),
    )


def _tensor(spec: TensorSpec) -> TensorMetadata:
    return TensorMetadata(spec.name, spec.datatype, spec.shape)
