"""What the edges of a server ask of what stands behind them, in words of no transport.

An edge knows `DataPlane` only. An engine inherits from `Engine` and writes every method that has no
body here; `LocalDataPlane`, for one, computes in this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.registry import Collector

from backend.core.errors import RequestError, Unsupported
from backend.core.inference import InferRequest, InferResponse, ModelMetadata
from backend.core.predictions import Predictions
from backend.core.samples import MediaKind
from backend.core.timing import ServerTiming
from backend.models.repository import IndexEntry
from backend.models.servable import ModelDeclaration
from backend.server.plane.load_parameters import LoadTerms
from backend.server.scheduling import ModelMetrics
from backend.wire.oip.cluster import ClusterStatus
from backend.wire.serving.items import Item


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


class DataPlane(Protocol):
    """The models of a server and what can be asked of them; belongs to one event loop.

    A model is named by its name and its version, '' for the newest. Unless it says otherwise, what
    takes a name raises NotFound for one that is unknown, InvalidInput for a version that is no
    number, and NotReady for a model that takes no requests.
    """

    @property
    def default(self) -> str:
        """Name of the model that answers when none is named; '' if there are no models."""
        ...

    @property
    def extensions(self) -> frozenset[str]:
        """Which of `ENGINE_EXTENSIONS` it offers."""
        return frozenset()

    def names(self) -> Sequence[str]:
        """The names of the models that are loaded; safe from any thread."""
        ...

    def model(self, name: str, version: str = "") -> ModelDeclaration:
        """What a model declares, looked up for every request; safe from any thread."""
        ...

    def metadata(self, name: str, version: str = "") -> ModelMetadata:
        """The same in the protocol's words, with the versions that are loaded."""
        ...

    def check_ready(self, name: str, version: str = "") -> None:
        """Raise NotReady with the reason if the model cannot take requests just now."""
        ...

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """Answer a request in tensors; cancelling gives it up.

        Raises also Unsupported for a decoupled model, Overloaded and ModelFailed.
        """
        ...

    def infer_at_once(
        self,
        request: InferRequest,  # noqa: ARG002 - for those that can
    ) -> tuple[InferResponse, ServerTiming] | None:
        """What `infer` gives, where that needs no waiting; None where `infer` is to be awaited."""
        return None

    def stream(self, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
        """Each answer to a request, the last one with `final`; for every kind of model.

        What is wrong with the request is raised by the first step, as `infer` raises it; an error
        that comes between responses is an answer. Closing the iterator gives the request up.
        """
        ...

    async def predict(
        self,
        name: str,
        item: Item,  # noqa: ARG002 - for those that can
    ) -> tuple[Predictions, ServerTiming]:
        """Answer an item of simple serving; raises what `infer` raises."""
        raise Unsupported(
            f"model '{name}' does not answer simple serving",
            hint="Send it tensors, over the Open Inference Protocol.",
        )

    async def load(self, name: str, terms: LoadTerms) -> None:
        """Load a model, or load it anew; what was served goes on until then.

        Raises ModelLoadError with the reason, NotReady if that is not allowed, Unsupported for
        files where none are taken, and InvalidInput for files that cannot be a model's.
        """
        ...

    async def unload(self, name: str, *, dependents: bool = False) -> None:
        """Stop serving a model; requests that wait are still answered.

        With `dependents`, also the models that were only loaded because an ensemble needed them.
        A model that is not loaded is no error. Raises NotReady if that is not allowed.
        """
        ...

    def index(self) -> Sequence[IndexEntry]:
        """Every model that is loaded or could be, with the state of its versions."""
        ...

    async def refresh(self, name: str = "") -> None:  # noqa: ARG002 - for those that can
        """Bring what `statistics` says of one model, or of all, up to date."""
        return

    def statistics(self, name: str = "", version: str = "") -> Sequence[ModelMetrics]:
        """What the loaded versions of one model, or of all, have done; raises InvalidInput."""
        ...

    def cluster(self) -> ClusterStatus:
        """The nodes and replicas, as `refresh` found them; raises Unsupported if there are none."""
        raise Unsupported(
            "this server computes in its own process: it has no nodes and replicas",
            hint="Start it with --engine ray for that.",
        )

    def custom_metrics(self) -> tuple[Collector, ...]:
        """What models measure by themselves, for the metrics page."""
        return ()


class Engine(DataPlane, Protocol):
    """A data plane with the calls that start and end it, which are its server's business."""

    def open(self, loop: asyncio.AbstractEventLoop) -> None:  # noqa: ARG002 - may need none
        """Called once on the event loop, before the first request."""
        return

    def close(self) -> None:
        """Called on the event loop: refuse what waits and what comes."""
        ...

    def join(self, timeout_s: float) -> bool:
        """Wait for what computes after `close`; True if all has ended. From another thread."""
        ...

    def interrupt(self) -> None:
        """Break off what still computes after `close`, where that can be done; likewise."""
        return
