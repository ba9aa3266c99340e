"""The engine in this process: the models of a registry, scheduled on threads of their own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from prometheus_client.registry import Collector

from backend.core.errors import NotReady
from backend.core.inference import InferRequest, InferResponse
from backend.core.predictions import Predictions
from backend.core.timing import ServerTiming
from backend.models.repository import LoadedModel, ModelRegistry
from backend.server.plane.about import ENGINE_EXTENSIONS
from backend.server.plane.data_plane import StreamAnswer
from backend.server.plane.inner_calls import InnerCalls
from backend.server.plane.registry_engine import RegistryEngine, check_answers_once
from backend.server.plane.served import Served
from backend.server.scheduling import QUEUE_LIMIT, BeingUnloaded, ModelMetrics
from backend.server.settings import ModelControl
from backend.wire.oip import cluster
from backend.wire.serving.items import Item

_STOPPING = "the server is being stopped"


class LocalDataPlane(RegistryEngine):
    """Finds the model, checks the request, runs it and takes the time.

    Belongs to one event loop; `join` and `interrupt` may be called from another thread.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        *,
        queue_limit: int = QUEUE_LIMIT,
        control: ModelControl = ModelControl.NONE,
        takes_files: bool = False,
    ) -> None:
        super().__init__(registry, control, takes_files=takes_files)
        self._calls = registry.around.calls
        self._queue_limit = queue_limit
        self._served: dict[LoadedModel, Served] = {}
        self._gone: list[Served] = []
        self._closed = False

    @property
    def extensions(self) -> frozenset[str]:
        """All that an engine can offer, but nodes and replicas."""
        return ENGINE_EXTENSIONS - {cluster.EXTENSION}

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """Answer a request in tensors.

        Raises NotFound, InvalidInput, Unsupported, Overloaded, NotReady or ModelFailed.
        """
        while True:
            served = self._find(request.model, request.version)
            check_answers_once(served.servable)
            with contextlib.suppress(BeingUnloaded):
                return await served.infer(request)

    def infer_at_once(self, request: InferRequest) -> tuple[InferResponse, ServerTiming] | None:
        """What `infer` gives, for an instant model; None for the others."""
        served = self._find(request.model, request.version)
        if not served.at_once:
            return None
        try:
            return served.infer_at_once(request)
        except BeingUnloaded:  # another has taken its place, which may take its time
            return None

    async def stream(self, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
        """Each answer to a request, the last one with `final`; for every kind of model.

        What is wrong with the request is raised by the first step, as `infer` raises it; an error
        that comes between responses is an answer. Closing the iterator gives the request up.
        """
        while True:
            answers = _answers(self._find(request.model, request.version), request)
            try:
                async with contextlib.aclosing(answers):
                    async for answer in answers:
                        yield answer
            except BeingUnloaded:  # before the first answer: another has taken its place
                continue
            return

    async def predict(self, name: str, item: Item) -> tuple[Predictions, ServerTiming]:
        """Answer an item of simple serving; raises what `infer` raises."""
        while True:
            served = self._find(name, "")
            check_answers_once(served.servable)
            with contextlib.suppress(BeingUnloaded):
                return await served.predict(item)

    def custom_metrics(self) -> tuple[Collector, ...]:
        """The measurements that the models of the registry make."""
        return (self._registry.around.metrics,)

    def statistics(self, name: str = "", version: str = "") -> tuple[ModelMetrics, ...]:
        """What the loaded versions of one model, or of all, have done; raises InvalidInput."""
        rows = []
        for model in self._loaded(name, version):
            with contextlib.suppress(NotReady):  # unloaded meanwhile
                scheduler = self._of(model).scheduler
                counted = scheduler.statistics
                rows.append(ModelMetrics(counted.message(), scheduler.pending, counted.failures()))
        return tuple(rows)

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer from now on what models ask of each other."""
        self._calls.answer_with(InnerCalls(self, loop))

    def close(self) -> None:
        """Refuse what waits and what comes, and let the models' threads end."""
        self._closed = True
        self._calls.answer_with(None)
        super().close()
        self._gone.extend(self._served.values())
        self._served.clear()
        for served in self._gone:
            served.scheduler.close(_STOPPING)

    def join(self, timeout_s: float) -> bool:
        """Wait for the models' threads after `close`; True if all have ended."""
        deadline = time.monotonic() + timeout_s
        ended = [
            served.scheduler.join(max(0.0, deadline - time.monotonic())) for served in self._gone
        ]
        return all(ended)

    def interrupt(self) -> None:
        """Break off what still computes after `close`, where that can be done; from any thread."""
        for served in self._gone:
            served.scheduler.interrupt(_STOPPING)

    def _find(self, name: str, version: str) -> Served:
        while True:
            model = self._registry.loaded(name, version)
            served = self._served.get(model)
            if served is not None:
                return served
            with contextlib.suppress(BeingUnloaded):
                return self._of(model)

    def _of(self, model: LoadedModel) -> Served:
        """The scheduler of exactly this loaded model; raises NotReady once the plane is closed."""
        served = self._served.get(model)
        if served is not None:
            return served
        if self._closed:
            raise NotReady(_STOPPING)
        self._part_with_retired()
        served = self._served[model] = Served(model, self, queue_limit=self._queue_limit)
        return served

    def _part_with_retired(self) -> None:
        """Those of unloaded models have nothing to do but to finish."""
        self._gone = [served for served in self._gone if not served.scheduler.join(0)]
        for model in [model for model in self._served if model.retired]:
            self._gone.append(self._served.pop(model))


async def _answers(served: Served, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
    if not served.servable.decoupled:
        response, timing = await served.infer(request)
        yield StreamAnswer(response, final=True, timing=timing)
        return
    responses = served.stream(request)
    async with contextlib.aclosing(responses):
        async for given, final in responses:
            if given is None:
                yield StreamAnswer(None, final)
            elif given.error is not None:
                yield StreamAnswer(None, final, given.error)
            else:
                yield StreamAnswer(served.response(request, given), final)
