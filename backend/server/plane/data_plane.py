"""The data plane: models and what can be asked of them, knowing nothing of any wire."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from backend.core.errors import InvalidInput, NotFound, NotReady, RequestError, Unsupported
from backend.core.inference import InferRequest, InferResponse
from backend.core.predictions import Predictions
from backend.core.samples import MediaKind
from backend.core.timing import ServerTiming
from backend.models.repository import LoadedModel, ModelRegistry
from backend.models.servable import Servable
from backend.server.plane.live_repository import LiveRepository
from backend.server.plane.served import Served
from backend.server.scheduling import QUEUE_LIMIT, BeingUnloaded, ModelMetrics
from backend.server.settings import ModelControl
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.serving.items import Item

_STOPPING = "the server is being stopped"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One row of the list of models."""

    name: str
    version: str
    platform: str
    kind: MediaKind
    ready: bool
    description: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StreamAnswer:
    """One answer of a stream: a response, an error, or neither with the last one's flag only."""

    response: InferResponse | None
    final: bool
    error: RequestError | None = None
    timing: ServerTiming | None = None


class DataPlane:
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
        self.registry = registry
        self.repository = LiveRepository(registry, control, takes_files=takes_files)
        self._queue_limit = queue_limit
        self._served: dict[LoadedModel, Served] = {}
        self._gone: list[Served] = []
        self._closed = False

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """Answer a request in tensors.

        Raises NotFound, InvalidInput, Unsupported, Overloaded, NotReady or ModelFailed.
        """
        while True:
            served = self._find(request.model, request.version)
            if served.servable.decoupled:
                raise Unsupported(
                    f"model '{request.model}' answers a request any number of times (decoupled "
                    "transaction policy): it is asked over a gRPC stream"
                )
            with contextlib.suppress(BeingUnloaded):
                return await served.infer(request)

    def served(self, name: str, version: str) -> Served:
        """The loaded model that a request is for; raises NotFound, InvalidInput or NotReady."""
        return self._find(name, version)

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
            served = self._find(name or self.registry.default, "")
            if served.servable.decoupled:
                raise Unsupported(f"model '{name}' answers a request any number of times")
            with contextlib.suppress(BeingUnloaded):
                return await served.predict(item)

    def model(self, name: str = "", version: str = "") -> Servable:
        """The model of that name, or the default one for ''; raises NotFound or NotReady."""
        return self.registry.get(name or self.registry.default, version)

    def statistics(self, name: str = "", version: str = "") -> tuple[pb.ModelStatistics, ...]:
        """What the loaded versions of one model, or of all, have done; raises InvalidInput."""
        return tuple(metrics.statistics for metrics in self.metrics(name, version))

    def metrics(self, name: str = "", version: str = "") -> tuple[ModelMetrics, ...]:
        """The same with what waits and why requests failed."""
        found = [
            model
            for model in self.registry.all_loaded()
            if name in ("", model.servable.name) and version in ("", model.servable.version)
        ]
        if name and not found:
            raise InvalidInput(
                f"requested model version is not available for model '{name}'"
                if name in self.registry.names()
                else f"requested model '{name}' is not available"
            )
        rows = []
        for model in found:
            with contextlib.suppress(NotReady):  # unloaded meanwhile
                scheduler = self._of(model).scheduler
                counted = scheduler.statistics
                rows.append(ModelMetrics(counted.message(), scheduler.pending, counted.failures()))
        return tuple(rows)

    def close(self) -> None:
        """Refuse what waits and what comes, and let the models' threads end."""
        self._closed = True
        self.repository.close()
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
            model = self.registry.loaded(name, version)
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


def model_rows(registry: ModelRegistry) -> tuple[ModelStatus, ...]:
    """The models a registry offers, in its order; safe from any thread."""
    rows = []
    for name in registry.names():
        with contextlib.suppress(NotFound, NotReady):  # removed or broken meanwhile
            rows.append(_row(registry.get(name)))
    return tuple(rows)


def _row(model: Servable) -> ModelStatus:
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
