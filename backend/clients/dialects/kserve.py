"""KServe's Python server."""

from __future__ import annotations

from backend.clients.dialects.rules import (
    INFERENCE_METHODS,
    LOAD_METHODS,
    AddressKind,
    Capability,
    DialectRules,
    Lack,
    LoadMessages,
    ModelLists,
    NotFinite,
    StreamReplies,
    Versions,
)
from backend.core.target import Dialect

RULES = DialectRules(
    dialect=Dialect.KSERVE,
    title="KServe",
    server_names=("kserve",),
    methods=(*INFERENCE_METHODS, *LOAD_METHODS),
    stream_replies=StreamReplies.NONE,
    wide_parameters=False,
    not_finite=NotFinite.NULL,
    versions=Versions.NONE,
    load_messages=LoadMessages.KSERVE,
    model_lists=ModelLists.NAMES,
    keeps_declarations=False,
    lacks=(
        Lack(Capability.STREAM, "KServe has no ModelStreamInfer; use single gRPC calls."),
        Lack(Capability.REST_GZIP, "KServe refuses compressed bodies over REST.", AddressKind.REST),
        Lack(Capability.VERSIONS, "KServe knows no model versions; it answers 501 to any."),
        Lack(Capability.INDEX, "KServe lists its models over REST only.", AddressKind.GRPC),
        Lack(Capability.LOAD_CONFIG, "KServe loads a model as its program describes it."),
        Lack(Capability.CONFIG, "KServe does not show a model's configuration."),
        Lack(Capability.STATISTICS, "KServe has no statistics extension, only its metrics."),
        Lack(Capability.LOGGING, "KServe has no logging extension."),
        Lack(Capability.TRACE, "KServe has no trace extension."),
        Lack(Capability.SHARED_MEMORY, "KServe reads no tensors from shared memory."),
        Lack(Capability.CLASSIFICATION, "KServe does not rank outputs itself."),
        Lack(Capability.SEQUENCES, "KServe knows no sequences."),
        Lack(Capability.DECOUPLED, "KServe answers a request exactly once."),
        Lack(Capability.REFLECTION, "KServe has no reflection; the bundled schema is used."),
        Lack(Capability.HEALTH, "KServe has no gRPC health service."),
        Lack(Capability.TIMING, "KServe tells no durations of a request."),
    ),
)
