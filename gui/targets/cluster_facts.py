"""What a server tells of its nodes and replicas, as rows of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.wire.oip.cluster import ClusterStatus, NodeStatus, ReplicaStatus
from gui.widgets.language import byte_size, count, number, percent, tr

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """A replica; `cells` are as `columns` names them."""

    id: str
    cells: tuple[str, ...]
    process: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A machine with its replicas, by model."""

    id: str
    title: str
    alive: bool
    replicas: tuple[ReplicaRow, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """Of one replica, over the time between two tellings; `cpu` is a share of one core."""

    at_s: float
    answered: int
    cpu_s: float
    rate: float | None = None
    cpu: float | None = None


def columns() -> tuple[str, ...]:
    """The titles of a replica's cells."""
    return (
        tr("Replica of"),
        tr("Pending"),
        tr("Answered/s"),
        tr("Failed"),
        tr("CPU"),
        tr("Memory"),
        tr("Age"),
    )


def loads_of(status: ClusterStatus, before: Mapping[str, Load]) -> dict[str, Load]:
    """The load of each replica by id; one that has told nothing new keeps its last."""
    return {
        replica.id: _load(replica, before.get(replica.id))
        for model in status.models
        for replica in model.replicas
    }


def node_rows(status: ClusterStatus, loads: Mapping[str, Load]) -> tuple[NodeRow, ...]:
    """Every node by its address, those that are gone last."""
    placed: dict[str, list[tuple[str, ReplicaStatus]]] = {node.id: [] for node in status.nodes}
    for model in status.models:
        for replica in model.replicas:
            placed.setdefault(replica.node, []).append((model.model, replica))
    known = {node.id: node for node in status.nodes}
    nodes = [known.get(id_) or NodeStatus(id_, id_, alive=True, cpus=0.0) for id_ in placed]
    nodes.sort(key=lambda node: (not node.alive, node.address))
    return tuple(
        NodeRow(
            node.id,
            _node_title(node, len(placed[node.id])),
            node.alive,
            tuple(
                _replica_row(model, replica, loads.get(replica.id))
                for model, replica in sorted(placed[node.id], key=lambda pair: pair[0])
            ),
        )
        for node in nodes
    )


def headline(status: ClusterStatus) -> str:
    """How many nodes and replicas there are."""
    alive = sum(node.alive for node in status.nodes)
    replicas = sum(len(model.replicas) for model in status.models)
    parts = [
        count(alive, "{n} node", "{n} nodes"),
        count(replicas, "{n} replica", "{n} replicas"),
        count(len(status.models), "{n} model", "{n} models"),
    ]
    return ", ".join(parts)


def loss_line(status: ClusterStatus) -> str:
    """Which requests went with replicas that died, '' if none did."""
    lost = [(model.model, model.lost) for model in status.models if model.lost]
    if not lost:
        return ""
    said = count(
        sum(many for _, many in lost),
        "{n} request was lost with a replica that died",
        "{n} requests were lost with replicas that died",
    )
    return f"{said}: " + ", ".join(f"{model} {number(many)}" for model, many in lost)


def age_text(age_s: float) -> str:
    """In the largest unit that still tells something."""
    if age_s < 2 * _MINUTE_S:
        return f"{number(age_s)} s"
    if age_s < 2 * _HOUR_S:
        return f"{number(age_s / _MINUTE_S)} min"
    if age_s < 2 * _DAY_S:
        return f"{number(age_s / _HOUR_S)} h"
    return count(round(age_s / _DAY_S), "{n} day", "{n} days")


def _load(replica: ReplicaStatus, before: Load | None) -> Load:
    if before is None:
        return Load(replica.age_s, replica.answered, replica.cpu_s)
    passed_s = replica.age_s - before.at_s
    if passed_s <= 0:
        return before
    return Load(
        replica.age_s,
        replica.answered,
        replica.cpu_s,
        max(0, replica.answered - before.answered) / passed_s,
        max(0.0, replica.cpu_s - before.cpu_s) / passed_s,
    )


def _node_title(node: NodeStatus, replicas: int) -> str:
    if not node.alive:
        return tr("{address}, gone", address=node.address)
    parts = [node.address]
    if node.cpus:
        parts.append(count(round(node.cpus), "{n} core", "{n} cores"))
    parts.append(count(replicas, "{n} replica", "{n} replicas"))
    return ", ".join(parts)


def _replica_row(model: str, replica: ReplicaStatus, load: Load | None) -> ReplicaRow:
    rate = load.rate if load is not None else None
    cpu = load.cpu if load is not None else None
    return ReplicaRow(
        replica.id,
        (
            model,
            number(replica.pending),
            _NOTHING if rate is None else number(rate, 1),
            number(replica.failed),
            _NOTHING if cpu is None else percent(cpu, 0),
            byte_size(replica.memory_bytes),
            age_text(replica.age_s),
        ),
        tr("Process {pid}", pid=replica.pid),
    )
