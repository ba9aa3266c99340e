"""What the server says about itself and its models, in the words of the protocol."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from backend.core.choices import Serialization
from backend.core.errors import NotFound, NotReady
from backend.core.inference import (
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    ModelMetadata,
    ServerMetadata,
    TensorMetadata,
)
from backend.core.release import VERSION
from backend.core.samples import MediaKind
from backend.core.tensors import TensorSpec
from backend.models.servable import ModelDeclaration
from backend.profiles.bundled import BUNDLED
from backend.profiles.in_config import LABELS, PARAMETER, labels_text, profile_text
from backend.server.plane.data_plane import ModelStatus
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip.cluster import EXTENSION as CLUSTER_EXTENSION

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
    *(each.extension for each in Serialization if each.extension),
    "parameters",
    "statistics",
    "logging",
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    CLUSTER_EXTENSION,
)


ENGINE_EXTENSIONS = frozenset(
    {
        "sequence",
        "model_repository",
        "model_repository(unload_dependents)",
        "schedule_policy",
        "model_configuration",
        "statistics",
        CLUSTER_EXTENSION,
    }
)
"""Those that the engine behind the edges has to offer; the others are the edges' own."""


def server_metadata(engines: frozenset[str], *, shared_memory: bool) -> ServerMetadata:
    """Name, version and the extensions that are offered, the engine's among them."""
    absent = ENGINE_EXTENSIONS - engines
    if not shared_memory:
        absent |= {SHARED_MEMORY_EXTENSION}
    return ServerMetadata(
        SERVER_NAME, VERSION, tuple(name for name in _EXTENSIONS if name not in absent)
    )


def model_metadata(model: ModelDeclaration, versions: Sequence[str]) -> ModelMetadata:
    """A model's declared inputs and outputs, and which of its versions are loaded."""
    return ModelMetadata(
        name=model.name,
        versions=tuple(versions) or (model.version,),
        platform=model.config.platform or model.config.backend,
        inputs=tuple(_tensor(spec) for spec in model.inputs),
        outputs=tuple(_tensor(spec) for spec in model.outputs),
    )


def model_config(model: ModelDeclaration) -> pb.ModelConfig:
    """A model's configuration, with its profile as a parameter unless every client has that.

    Where it has none, the names of its classes are one, if its outputs have one list of them.
    """
    profile = model.profile
    if profile is not None:
        name, text = PARAMETER, "" if profile == BUNDLED.get(model.name) else profile_text(profile)
    else:
        lists = set(model.labels.values())
        name, text = LABELS, labels_text(lists.pop()) if len(lists) == 1 else ""
    if not text:
        return model.config
    config = pb.ModelConfig()
    config.CopyFrom(model.config)
    config.parameters[name].string_value = text
    return config


def _tensor(spec: TensorSpec) -> TensorMetadata:
    return TensorMetadata(spec.name, spec.datatype, spec.shape)


def model_rows(
    names: Sequence[str], find: Callable[[str], ModelDeclaration]
) -> tuple[ModelStatus, ...]:
    """The models of these names, without those that `find` no longer finds."""
    rows = []
    for name in names:
        with contextlib.suppress(NotFound, NotReady):  # removed or broken meanwhile
            rows.append(_row(find(name)))
    return tuple(rows)


def _row(model: ModelDeclaration) -> ModelStatus:
    profile = model.profile
    return ModelStatus(
        model.name,
        model.version,
        model.config.platform,
        profile.kind if profile else MediaKind.BYTES,
        ready=True,
        description=profile.description if profile else "",
        labels=profile.labels if profile else (),
    )
