"""OpenVINO Model Server, from its documentation and sources: none was driven."""

from __future__ import annotations

from backend.clients.dialects.rules import (
    INFERENCE_METHODS,
    AddressKind,
    Capability,
    DialectRules,
    Lack,
    ModelLists,
)
from backend.core.target import Dialect
from backend.core.tensors import Datatype

RULES = DialectRules(
    dialect=Dialect.OVMS,
    title="OpenVINO Model Server",
    server_names=("openvino model server",),
    methods=(*INFERENCE_METHODS, "ModelStreamInfer"),
    wide_parameters=False,
    missing_datatypes=(Datatype.BF16,),
    model_lists=ModelLists.CONFIG,
    lacks=(
        Lack(Capability.INDEX, "OVMS lists its models over REST only.", AddressKind.GRPC),
        Lack(Capability.LOAD, "OVMS serves what its configuration file names; edit that instead."),
        Lack(Capability.LOAD_CONFIG, "OVMS serves what its configuration file names."),
        Lack(Capability.CONFIG, "OVMS does not show a model's configuration."),
        Lack(Capability.STATISTICS, "OVMS has no statistics extension, only its metrics."),
        Lack(Capability.LOGGING, "OVMS has no logging extension."),
        Lack(Capability.TRACE, "OVMS has no trace extension."),
        Lack(Capability.SHARED_MEMORY, "OVMS reads no tensors from shared memory."),
        Lack(Capability.CLASSIFICATION, "OVMS does not rank outputs itself."),
        Lack(Capability.REFLECTION, "OVMS has no reflection; the bundled schema is used."),
        Lack(Capability.HEALTH, "OVMS has no gRPC health service."),
        Lack(Capability.TIMING, "OVMS tells no durations of a request."),
    ),
)
"""Its streams serve MediaPipe graphs only; for another model it says so itself."""
