"""The nodes and replicas behind a server, as our own ``GET /v2/cluster`` tells them in JSON."""

from __future__ import annotations

import msgspec

from backend.core.errors import ReplyMismatch
from backend.core.wording import as_text

PATH = "/v2/cluster"
EXTENSION = "inferdeck_cluster"
"""A server that lists it has the path."""
MAX_BYTES = 4 << 20


class NodeStatus(msgspec.Struct, frozen=True):
    """A machine; `cpus` are the cores that it offers."""

    id: str
    address: str
    alive: bool
    cpus: float


class ReplicaStatus(msgspec.Struct, frozen=True):
    """One copy of a model's server.

    `age_s` since it was started and `cpu_s` of processor time in seconds, `memory_bytes` resident;
    `pending` requests wait or run, `answered` and `failed` since it was started.
    """

    id: str
    node: str
    pid: int
    age_s: float
    cpu_s: float
    memory_bytes: int
    pending: int
    answered: int
    failed: int


class ModelReplicas(msgspec.Struct, frozen=True):
    """The replicas of a model that answered when they were asked last.

    `lost` requests were in a replica when it was lost.
    """

    model: str
    replicas: tuple[ReplicaStatus, ...]
    lost: int


class ClusterStatus(msgspec.Struct, frozen=True):
    """All of it; `engine` is what brings the replicas up."""

    engine: str
    nodes: tuple[NodeStatus, ...]
    models: tuple[ModelReplicas, ...]


def cluster_to_json(status: ClusterStatus) -> bytes:
    """The body of the reply."""
    return msgspec.json.encode(status, enc_hook=as_text)


def cluster_from_json(body: bytes | bytearray | memoryview) -> ClusterStatus:
    """What a body tells; raises ReplyMismatch that names what is wrong with it."""
    if len(body) > MAX_BYTES:
        raise ReplyMismatch(
            f"The state of the cluster has {len(body):,} bytes; at most {MAX_BYTES:,} are read."
        )
    try:
        return msgspec.json.decode(body, type=ClusterStatus)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ReplyMismatch(f"The state of the cluster cannot be understood: {error}.") from None
