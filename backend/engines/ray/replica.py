"""What runs in a replica: a data plane of our own that has loaded one model of the folder.

Every method answers with values that can be pickled (`messages`); what was wrong with a request is
a value too, so that Ray neither logs nor wraps it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import ray
from ray import serve

from backend.core.errors import ConsoleError, NotFound, NotReady, RequestError
from backend.core.inference import InferRequest
from backend.core.predictions import Predictions
from backend.core.timing import ServerTiming
from backend.engines.ray.declared import Declaration, declaration_of
from backend.engines.ray.messages import (
    Message,
    ReplicaReport,
    pack_answer,
    pack_request,
    pack_response,
    unpack_answer,
    unpack_request,
)
from backend.models.catalogue import repository_registry
from backend.models.code import AllCode, NoCode
from backend.models.repository import ModelRegistry
from backend.server.plane import InnerCalls, LocalDataPlane, StreamAnswer
from backend.server.scheduling import explained
from backend.wire.serving.items import Item

_CLOSE_S = 3.0


@dataclass(frozen=True, slots=True)
class ReplicaSpec:
    """What a replica loads, and where from: folders and files by their paths on every node.

    `config` takes the place of the model's configuration, '' for that one; `uploads` are files that
    were sent with the request to load it. `serial` tells one load of a model from the next.
    """

    model: str
    repositories: tuple[Path, ...]
    files: tuple[Path, ...]
    bundled: bool
    runs_code: bool
    queue_limit: int
    prefix: str
    config: str = ""
    uploads: Mapping[str, bytes] = field(default_factory=dict)
    serial: int = 0


@dataclass(frozen=True, slots=True)
class Declared:
    """What a replica has loaded: its versions, those that are broken, or why there are none."""

    versions: tuple[Declaration, ...] = ()
    broken: dict[str, str] = field(default_factory=dict)
    failure: str = ""
    serial: int = 0


def application(prefix: str, model: str) -> str:
    """The name of the application that serves a model."""
    return f"{prefix}-{model}"


class ModelReplica:
    """One replica; Ray calls its methods on the event loop that it was made on."""

    async def __init__(self, spec: ReplicaSpec) -> None:  # type: ignore[misc]  # Ray awaits it
        self._spec = spec
        self._started = time.monotonic()
        self._process = psutil.Process()
        self._declared, self._registry = await asyncio.to_thread(_load, spec)
        self._plane = _ReplicaPlane(self._registry, spec)
        self._plane.open(asyncio.get_running_loop())

    def declared(self) -> Declared:
        """What it has loaded."""
        return self._declared

    async def infer(self, message: Message) -> tuple[Message, ServerTiming] | ConsoleError:
        """Answer a request, or say what was wrong."""
        try:
            response, timing = await self._plane.infer(unpack_request(message))
        except Exception as error:  # noqa: BLE001 - every error is an answer
            return _error(self._spec.model, error)
        return pack_response(response), timing

    async def stream(self, message: Message) -> AsyncGenerator[Message | ConsoleError, None]:
        """Each answer to a request, or what was wrong with it."""
        answers = self._plane.stream(unpack_request(message))
        try:
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    yield pack_answer(answer)
        except Exception as error:  # noqa: BLE001
            yield _error(self._spec.model, error)

    async def predict(self, item: Item) -> tuple[Predictions, ServerTiming] | ConsoleError:
        """Answer an item of simple serving, or say what was wrong."""
        try:
            return await self._plane.predict(self._spec.model, item)
        except Exception as error:  # noqa: BLE001
            return _error(self._spec.model, error)

    def report(self) -> ReplicaReport:
        """What it has done since it was started."""
        rows = self._plane.statistics()
        used = self._process.cpu_times()
        return ReplicaReport(
            serve.get_replica_context().replica_tag,
            ray.get_runtime_context().get_node_id(),
            ray.util.get_node_ip_address(),
            os.getpid(),
            time.monotonic() - self._started,
            used.user + used.system,
            self._process.memory_info().rss,
            tuple(
                (row.statistics.SerializeToString(), row.pending, dict(row.failures))
                for row in rows
            ),
            {
                model.servable.version: model.servable.trouble
                for model in self._registry.all_loaded()
                if model.servable.name == self._spec.model and model.servable.trouble
            },
        )

    def __del__(self) -> None:
        plane = getattr(self, "_plane", None)
        if plane is not None:
            plane.close()
            if not plane.join(_CLOSE_S):
                plane.interrupt()
            self._registry.close()


class _ReplicaPlane(LocalDataPlane):
    """Asks the applications of other models for what this replica has not loaded."""

    def __init__(self, registry: ModelRegistry, spec: ReplicaSpec) -> None:
        super().__init__(registry, queue_limit=spec.queue_limit)
        self._prefix = spec.prefix
        self._decoupled: dict[str, bool] = {}

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer from now on what models ask of each other, wherever the other one is."""
        self._calls.answer_with(_InnerCalls(self, loop))

    async def decoupled(self, name: str, version: str) -> bool:
        """Whether a model, here or elsewhere, gives any number of responses."""
        if name in self.names():
            return self.model(name, version).decoupled
        if name not in self._decoupled:
            declared: Declared = await self._handle(name).declared.remote()
            self._decoupled[name] = any(each.decoupled for each in declared.versions)
        return self._decoupled[name]

    async def stream(self, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
        """Each answer to a request, from here or from another model's replicas."""
        own = request.model in self.names()
        answers = super().stream(request) if own else self._elsewhere(request)
        async with contextlib.aclosing(answers):
            async for answer in answers:
                yield answer

    async def _elsewhere(self, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
        handle = self._handle(request.model).options(stream=True)
        async for message in handle.stream.remote(pack_request(request)):
            if isinstance(message, ConsoleError):
                raise message
            yield unpack_answer(message)

    def _handle(self, model: str) -> Any:
        try:
            return serve.get_app_handle(application(self._prefix, model))
        except serve.exceptions.RayServeException:
            raise NotFound(f"Request for unknown model: '{model}' is not found") from None


class _InnerCalls(InnerCalls):
    """Knows of models that other replicas have loaded, too."""

    def __init__(self, plane: _ReplicaPlane, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(plane, loop)
        self._everywhere = plane

    async def _is_decoupled(self, request: InferRequest) -> bool:
        return await self._everywhere.decoupled(request.model, request.version)


def _load(spec: ReplicaSpec) -> tuple[Declared, ModelRegistry]:
    registry = repository_registry(
        spec.repositories,
        bundled=spec.bundled,
        code=AllCode() if spec.runs_code else NoCode(),
        ready=False,
    )
    for file in spec.files:
        registry.add_file(file)
    try:
        if spec.uploads:
            registry.load_uploaded(spec.model, spec.config, spec.uploads)
        else:
            registry.load(spec.model, spec.config)
    except ConsoleError as error:
        reason = registry.why_absent(spec.model) or str(error)
        return Declared(failure=reason, serial=spec.serial), registry
    versions = tuple(
        declaration_of(model.servable)
        for model in registry.all_loaded()
        if model.servable.name == spec.model
    )
    broken = {
        row.version: row.reason
        for row in registry.index()
        if row.name == spec.model and row.version not in {each.version for each in versions}
    }
    return Declared(versions, broken, serial=spec.serial), registry


def _error(model: str, error: Exception) -> ConsoleError:
    why = explained(model, error)
    return why if isinstance(why, RequestError) else NotReady(str(why))


def deployment_class() -> Any:
    """The class as Ray Serve deploys it: found by its name on every node, not sent there."""
    return serve.deployment(ModelReplica)
