"""The data plane whose models are computed by replicas on Ray Serve."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from backend.core.inference import InferRequest, InferResponse
from backend.core.predictions import Predictions
from backend.core.timing import ServerTiming
from backend.engines.ray.cluster import Cluster
from backend.engines.ray.declared import RemoteServable
from backend.engines.ray.folders import RemoteFolders, bring_up
from backend.engines.ray.messages import pack_request, unpack_answer, unpack_response
from backend.engines.ray.models import RayModels
from backend.engines.ray.replica import ReplicaSpec
from backend.engines.ray.replicas import Replicas, ask, ask_stream, refresh
from backend.engines.ray.totals import status_of, totals
from backend.engines.ray.turns import Turns
from backend.models.catalogue import DEFAULT_MODEL, bundled_models
from backend.models.repository import BrokenVersion, LoadedModel, ModelRegistry
from backend.models.servable import ModelLoadError
from backend.server.plane import (
    ENGINE_EXTENSIONS,
    Engine,
    RegistryEngine,
    StreamAnswer,
    check_answers_once,
)
from backend.server.scheduling import ModelMetrics
from backend.server.settings import ServerOptions
from backend.wire.oip.cluster import ClusterStatus, ModelReplicas, NodeStatus
from backend.wire.serving.items import Item

_log = logging.getLogger("inferdeck.ray")

_STARTED_AT_ONCE = 4
_REPORT_EVERY_S = 2.0
_REPORT_WITHIN_S = 1.0
_SEQUENCE = "sequence_id"


class RayServe:
    """Replicas on a cluster, and the registry of what they have loaded."""

    def __init__(self, address: str, models: RayModels, *, queue_limit: int) -> None:
        self._cluster = Cluster(address)
        self._replicas = Replicas(
            ReplicaSpec(
                "",
                tuple(root.resolve() for root in models.repositories),
                tuple(file.resolve() for file in models.files),
                models.bundled,
                models.runs_code,
                queue_limit,
                models.prefix,
            )
        )
        folders = RemoteFolders((), self._replicas)
        self.registry = ModelRegistry(default=DEFAULT_MODEL, folders=folders)
        self._bundled = [each.name for each in bundled_models()] if models.bundled else []
        for name in self._bundled:
            self.registry.add_loader(name, partial(_bundled, self._replicas, name))
        for root in models.repositories:
            self.registry.add_repository(root)

    def open(self) -> None:
        """Join the cluster or start one, and bring up the bundled models.

        May take a minute. Raises what `Cluster.open` does.
        """
        self._cluster.open()
        with ThreadPoolExecutor(_STARTED_AT_ONCE) as pool:
            list(pool.map(self._load_bundled, self._bundled))

    def plane(self, registry: ModelRegistry, options: ServerOptions) -> Engine:
        """What stands behind the edges."""
        return RayEngine(registry, self._replicas, self._cluster, options)

    def close(self) -> None:
        """End the replicas, and the cluster if it was started here."""
        self._replicas.delete_all()
        self._replicas.close()
        self._cluster.close()

    def _load_bundled(self, name: str) -> None:
        try:
            self.registry.load(name)
        except ModelLoadError as error:
            _log.warning("%s", error)


class RayEngine(RegistryEngine):
    """Sends each request to a replica of its model; belongs to one event loop."""

    def __init__(
        self, registry: ModelRegistry, replicas: Replicas, cluster: Cluster, options: ServerOptions
    ) -> None:
        super().__init__(registry, options.model_control, takes_files=options.model_upload)
        self._replicas = replicas
        self._cluster = cluster
        self._turns = Turns()
        self._nodes: tuple[NodeStatus, ...] = ()
        self._watching: asyncio.Task[None] | None = None

    @property
    def extensions(self) -> frozenset[str]:
        """All that an engine can offer."""
        return ENGINE_EXTENSIONS

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """Answer a request in tensors.

        Raises NotFound, InvalidInput, Unsupported, Overloaded, NotReady or ModelFailed.
        """
        model = self._remote(request.model, request.version)
        check_answers_once(model)
        began_ns = time.perf_counter_ns()
        sequence = _sequence(model, request)
        async with self._turns.of(sequence and f"{model.name} {sequence}"):
            message, timing = await ask(model.deployed, "infer", sequence, pack_request(request))
        return unpack_response(message), _with_way(timing, began_ns)

    async def stream(self, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
        """Each answer to a request, the last one with `final`; for every kind of model."""
        model = self._remote(request.model, request.version)
        if not model.decoupled:
            response, timing = await self.infer(request)
            yield StreamAnswer(response, final=True, timing=timing)
            return
        sequence = _sequence(model, request)
        messages = ask_stream(model.deployed, "stream", sequence, pack_request(request))
        async with (
            self._turns.of(sequence and f"{model.name} {sequence}"),
            contextlib.aclosing(messages),
        ):
            async for message in messages:
                yield unpack_answer(message)

    async def predict(self, name: str, item: Item) -> tuple[Predictions, ServerTiming]:
        """Answer an item of simple serving; raises what `infer` raises."""
        model = self._remote(name, "")
        check_answers_once(model)
        began_ns = time.perf_counter_ns()
        predictions, timing = await ask(model.deployed, "predict", "", item)
        return predictions, _with_way(timing, began_ns)

    async def refresh(self, name: str = "") -> None:
        """Have the replicas report anew."""
        deployed = [each for each in self._replicas.all() if name in ("", each.model)]
        await refresh(deployed, _REPORT_WITHIN_S)
        self._nodes = await asyncio.to_thread(self._cluster.nodes)

    def cluster(self) -> ClusterStatus:
        """The nodes, and the replicas by their last reports."""
        return ClusterStatus(
            "ray",
            self._nodes,
            tuple(
                ModelReplicas(
                    each.model, tuple(status_of(report) for report in each.reports), each.lost
                )
                for each in self._replicas.all()
            ),
        )

    def statistics(self, name: str = "", version: str = "") -> tuple[ModelMetrics, ...]:
        """What the replicas of one model, or of all, have done, summed; raises InvalidInput."""
        wanted = {
            (model.servable.name, model.servable.version) for model in self._loaded(name, version)
        }
        deployed = [each for each in self._replicas.all() if name in ("", each.model)]
        rows = [row for each in deployed for row in totals(each.reports)]
        return tuple(row for row in rows if (row.statistics.name, row.statistics.version) in wanted)

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch the replicas from now on."""
        self._watching = loop.create_task(self._watch())

    def close(self) -> None:
        """Refuse what waits, and watch no longer; the replicas are `RayServe`'s to end."""
        if self._watching is not None:
            self._watching.cancel()
        super().close()

    def join(self, timeout_s: float) -> bool:  # noqa: ARG002 - nothing computes here
        """Nothing computes in this process."""
        return True

    def _remote(self, name: str, version: str) -> RemoteServable:
        model = self._registry.get(name, version)
        assert isinstance(model, RemoteServable)
        return model

    async def _watch(self) -> None:
        while True:
            await refresh(self._replicas.all(), _REPORT_WITHIN_S)
            await asyncio.sleep(_REPORT_EVERY_S)


def _bundled(replicas: Replicas, name: str, _config_json: str) -> list[LoadedModel | BrokenVersion]:
    return bring_up(replicas, name)


def _sequence(model: RemoteServable, request: InferRequest) -> str:
    """What ties a request to a replica, '' for nothing."""
    if not model.deployed.sticky:
        return ""
    sequence = request.parameters.get(_SEQUENCE, 0)
    return str(sequence) if sequence else ""


def _with_way(timing: ServerTiming, began_ns: int) -> ServerTiming:
    """The replica's times, with the way there and back as waiting in the queue."""
    way_us = (time.perf_counter_ns() - began_ns) / 1e3 - timing.total_us
    return replace(timing, queue_us=timing.queue_us + max(0.0, way_us))
