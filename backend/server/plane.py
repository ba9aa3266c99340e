"""The data plane: models and what can be asked of them, knowing nothing of any wire."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass

from backend.core.errors import NotFound, NotReady
from backend.core.inference import InferRequest, InferResponse
from backend.core.predictions import Predictions
from backend.core.samples import MediaKind
from backend.core.tensors import Tensor
from backend.core.timing import ServerTiming
from backend.models.model import Model
from backend.models.registry import ModelRegistry
from backend.server.execution import Work
from backend.server.items import tensors_of
from backend.server.runner import QUEUE_LIMIT, ModelRunner
from backend.server.validation import check_inputs, check_outputs, select_outputs
from backend.wire.serving_items import Item


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


class DataPlane:
    """Finds the model, checks the request, runs it and takes the time.

    Belongs to one event loop; `join` alone may be called from another thread.
    """

    def __init__(self, registry: ModelRegistry, *, queue_limit: int = QUEUE_LIMIT) -> None:
        self.registry = registry
        self._queue_limit = queue_limit
        self._runners: dict[str, ModelRunner] = {}
        self._retired: list[ModelRunner] = []
        self._closed = False

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """Answer a request in tensors.

        Raises NotFound, InvalidInput, Unsupported, Overloaded, NotReady or ModelFailed.
        """
        model = self.registry.get(request.model, request.version)
        check_outputs(model.name, model.outputs, request.outputs)
        inputs = check_inputs(model.name, model.inputs, request.inputs)
        outputs, timing = await self._runner(model).run(
            Work(
                lambda: inputs,
                lambda outputs: select_outputs(model.name, outputs, request.outputs),
            )
        )
        return InferResponse(model.name, outputs, model.version, request.id), timing

    async def predict(self, name: str, item: Item) -> tuple[Predictions, ServerTiming]:
        """Answer an item of simple serving; raises what `infer` raises."""
        model = self.model(name)

        def inputs() -> Mapping[str, Tensor]:
            return check_inputs(model.name, model.inputs, tensors_of(item, model.profile))

        return await self._runner(model).run(Work(inputs, model.profile.decode))

    def model(self, name: str = "", version: str = "") -> Model:
        """The model of that name, or the default one for ''; raises NotFound."""
        return self.registry.get(name or self.registry.default, version)

    def close(self) -> None:
        """Refuse what waits and what comes, and let the models' threads end."""
        self._closed = True
        self._retired.extend(self._runners.values())
        self._runners.clear()
        for runner in self._retired:
            runner.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the models' threads after `close`; True if all have ended."""
        deadline = time.monotonic() + timeout_s
        ended = [r.join(max(0.0, deadline - time.monotonic())) for r in self._retired]
        return all(ended)

    def _runner(self, model: Model) -> ModelRunner:
        """The runner of exactly this model: one that was replaced by another is let go.

        Raises NotReady once the plane is closed.
        """
        if self._closed:
            raise NotReady("the server is being stopped")
        runner = self._runners.get(model.name)
        if runner is not None and runner.model is model:
            return runner
        if runner is not None:
            runner.close()
            self._retired.append(runner)
        runner = self._runners[model.name] = ModelRunner(model, queue_limit=self._queue_limit)
        return runner


def model_rows(registry: ModelRegistry) -> tuple[ModelStatus, ...]:
    """The models a registry offers, in its order; safe from any thread."""
    rows = []
    for name in registry.names():
        with contextlib.suppress(NotFound):  # removed meanwhile
            rows.append(_row(registry.get(name)))
    return tuple(rows)


def _row(model: Model) -> ModelStatus:
    profile = model.profile
    return ModelStatus(
        model.name,
        model.version,
        model.platform,
        profile.kind,
        ready=True,
        description=profile.description,
        labels=profile.labels,
    )
