"""Seldon's MLServer."""

from __future__ import annotations

from backend.clients.dialects.rules import (
    INFERENCE_METHODS,
    LOAD_METHODS,
    Capability,
    DialectRules,
    Lack,
    StreamReplies,
    Versions,
)
from backend.core.target import Dialect
from backend.core.tensors import Datatype

RULES = DialectRules(
    dialect=Dialect.MLSERVER,
    title="MLServer",
    server_names=("mlserver",),
    methods=(*INFERENCE_METHODS, "ModelStreamInfer", "RepositoryIndex", *LOAD_METHODS),
    stream_replies=StreamReplies.BARE,
    stream_ids=False,  # every reply of a stream carries the id of its first request
    stream_end_hint=(
        "On MLServer the model's own predict_stream decides how many requests a stream takes; "
        "a model without one takes a single request. Choose gRPC without a stream."
    ),
    wide_parameters=False,
    missing_datatypes=(Datatype.BF16,),
    keeps_declarations=False,
    versions=Versions.ANY,
    lacks=(
        Lack(Capability.LOAD_CONFIG, "MLServer loads a model as its folder describes it."),
        Lack(Capability.CONFIG, "MLServer does not show a model's configuration."),
        Lack(Capability.STATISTICS, "MLServer has no statistics extension, only its metrics port."),
        Lack(Capability.LOGGING, "MLServer has no logging extension."),
        Lack(Capability.TRACE, "MLServer has no trace extension."),
        Lack(Capability.SHARED_MEMORY, "MLServer reads no tensors from shared memory."),
        Lack(Capability.CLASSIFICATION, "MLServer does not rank outputs itself."),
        Lack(Capability.SEQUENCES, "MLServer knows no sequences."),
        Lack(Capability.REFLECTION, "MLServer has no reflection; the bundled schema is used."),
        Lack(Capability.HEALTH, "MLServer has no gRPC health service."),
        Lack(Capability.TIMING, "MLServer tells no durations of a request."),
    ),
)
