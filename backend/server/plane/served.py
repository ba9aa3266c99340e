"""One loaded model as the data plane uses it: what it takes, and how a request becomes a job."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from backend.core.errors import InvalidInput, RequestError
from backend.core.inference import InferRequest, InferResponse, Parameters, RequestedOutput
from backend.core.predictions import Predictions, Tensors
from backend.core.tensors import Datatype, Tensor
from backend.core.timing import ServerTiming
from backend.core.unguarded import unguarded
from backend.models.repository import LoadedModel
from backend.models.sequence_controls import Controls, own_inputs
from backend.models.servable import ModelRequest, ModelResponse, SequenceStep, never
from backend.server.ensembles import EnsembleScheduler, Models
from backend.server.plane.items import Fed, feed
from backend.server.plane.plain_inputs import Plain
from backend.server.plane.request_terms import models_own, terms_of
from backend.server.plane.validation import batch_size, check_inputs, check_outputs, select_outputs
from backend.server.scheduling import (
    NO_TERMS,
    Job,
    Mailbox,
    Scheduler,
    SingleJob,
    StreamJob,
    Terms,
)
from backend.wire.serving.items import Item

_Form: TypeAlias = tuple[tuple[str, Datatype, tuple[int, ...]], ...]
"""Name, datatype and shape of each input."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """What is the same for all requests of one form with the same outputs and parameters."""

    form: _Form
    outputs: tuple[RequestedOutput, ...]
    parameters: Parameters
    size: int
    kind: Hashable
    terms: Terms
    own_parameters: Parameters
    names: tuple[str, ...]


@unguarded
@dataclass(frozen=True, slots=True, eq=False)
class _AcceptedRequest:
    """A request that the model takes."""

    inputs: Mapping[str, Tensor]
    id: str
    fit: _Fit

    def model_request(self, job: Job | None = None) -> ModelRequest:
        """As the model sees it: at once, or when its `job` has come through the queue."""
        fit = self.fit
        return ModelRequest(
            self.inputs,
            self.id,
            fit.own_parameters,
            fit.terms.sequence,
            fit.names,
            never if job is None else job.cancelled,
            (fit.terms.timeout_ns or 0) // 1000,
        )


class Served:
    """A model with its scheduler; raises NotReady if the model goes already.

    `models` are those that an ensemble asks.
    """

    def __init__(self, model: LoadedModel, models: Models, *, queue_limit: int) -> None:
        servable = model.servable
        config = servable.config
        self.servable = servable
        self.scheduler = (
            EnsembleScheduler(model, models, limit=queue_limit)
            if config.HasField("ensemble_scheduling")
            else Scheduler(model, queue_limit=queue_limit)
        )
        self._name = servable.name
        self.at_once = servable.instant and not servable.decoupled
        self._controls = Controls(config)
        ours = own_inputs(config)
        self._inputs = tuple(spec for spec in servable.inputs if spec.name not in ours)
        self._ranks = {spec.name: len(spec.shape) for spec in self._inputs}
        self._most = config.max_batch_size
        self._together = self._most > 0 and config.WhichOneof("scheduling_choice") is not None
        self._sequences = config.HasField("sequence_batching")
        self._last_fit: _Fit | None = None
        self._plain = Plain(self._name, self._inputs, batches=self._most > 0)
        self._ragged = frozenset(i.name for i in config.input if i.allow_ragged_batch)

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """Answer a request of a model that is not decoupled; raises what `Scheduler.run` raises."""
        if self.at_once:
            return self.infer_at_once(request)
        accepted = self._checked(request)

        def result(response: ModelResponse) -> InferResponse:
            return self.response(request, response)

        fit = accepted.fit
        job = SingleJob(
            accepted.model_request, result, size=fit.size, kind=fit.kind, terms=fit.terms
        )
        return await self.scheduler.run(job)

    def infer_at_once(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """What `infer` does, for an instant model that is not decoupled."""
        accepted = self._checked(request)
        return self._here.run_here(
            accepted.model_request, lambda response: self.response(request, response)
        )

    def stream(
        self, request: InferRequest
    ) -> AsyncGenerator[tuple[ModelResponse | None, bool], None]:
        """The responses of a decoupled model; raises what `Scheduler.stream` raises."""
        accepted = self._checked(request)
        fit = accepted.fit
        job = StreamJob(
            accepted.model_request, Mailbox(), size=fit.size, kind=fit.kind, terms=fit.terms
        )
        return self.scheduler.stream(job)

    async def predict(self, item: Item) -> tuple[Predictions, ServerTiming]:
        """Answer an item of simple serving; raises InvalidInput if the model takes none."""
        profile = self.servable.profile
        if profile is None:
            return await self._predict_plain(item)
        fed = Fed()
        terms = self._alone() if self._sequences else NO_TERMS

        def inputs() -> Mapping[str, Tensor]:
            nonlocal fed
            fed = feed(item, profile)
            tensors = [self._batched(tensor) for tensor in fed.tensors]
            checked = check_inputs(self._name, self._inputs, tensors)
            return self._with_controls(checked, 1, terms) if self._sequences else checked

        def result(response: ModelResponse) -> Predictions:
            return profile.decode(map(self._without_batch, response.outputs), fed.sample)

        if self.at_once:
            return self._here.run_here(lambda: ModelRequest(inputs()), result)

        def model_request(job: Job) -> ModelRequest:
            return ModelRequest(inputs(), sequence=terms.sequence, cancelled=job.cancelled)

        job = SingleJob(model_request, result, terms=terms)
        job.converts = True
        return await self.scheduler.run(job)

    async def _predict_plain(self, item: Item) -> tuple[Predictions, ServerTiming]:
        """Answer an item of a model that only its declaration describes, in tensors."""
        started_ns = time.monotonic_ns()
        try:
            tensors, batch_added = self._plain.tensors(item)
        except RequestError:
            self.scheduler.count_refused(started_ns)
            raise
        response, timing = await self.infer(InferRequest(self._name, tuple(tensors)))
        outputs = response.outputs
        if batch_added:
            outputs = tuple(map(self._without_batch, outputs))
        return (Tensors(outputs),), timing

    def response(self, request: InferRequest, response: ModelResponse) -> InferResponse:
        """What a model answered, as the answer to a request."""
        return InferResponse(
            self._name,
            select_outputs(self._name, response.outputs, request.outputs),
            self.servable.version,
            request.id,
            response.parameters,
        )

    def _checked(self, request: InferRequest) -> _AcceptedRequest:
        """The request, if the model takes it; one that is wrong counts as failed."""
        started_ns = time.monotonic_ns()
        try:
            return self._accepted(request)
        except RequestError:
            self.scheduler.count_refused(started_ns)
            raise

    def _accepted(self, request: InferRequest) -> _AcceptedRequest:
        form = tuple([(t.name, t.datatype, t.data.shape) for t in request.inputs])
        fit = self._last_fit
        # The requests of a stream are alike: what was found of one holds for the next.
        if (
            fit is not None
            and fit.outputs is request.outputs
            and fit.parameters is request.parameters
            and fit.form == form
        ):
            return _AcceptedRequest(
                {tensor.name: tensor for tensor in request.inputs}, request.id, fit
            )
        check_outputs(self._name, self.servable.outputs, request.outputs)
        inputs = check_inputs(self._name, self._inputs, request.inputs)
        size = batch_size(self._name, self._most, inputs)
        fit = self._fit(request, form, size)
        if self._sequences:
            inputs = self._with_controls(inputs, size, fit.terms)
        else:
            self._last_fit = fit
        return _AcceptedRequest(inputs, request.id, fit)

    def _fit(self, request: InferRequest, form: _Form, size: int) -> _Fit:
        return _Fit(
            form,
            request.outputs,
            request.parameters,
            size,
            self._kind(request),
            terms_of(request.parameters),
            models_own(request.parameters),
            tuple([output.name for output in request.outputs]),
        )

    def _alone(self) -> Terms:
        """Those of an item of simple serving: the first and last of a sequence of its own."""
        return Terms(sequence=SequenceStep(random.getrandbits(62) + 1, start=True, end=True))

    @cached_property
    def _here(self) -> Scheduler:
        """The scheduler of an instant model; no ensemble is one."""
        assert isinstance(self.scheduler, Scheduler)
        return self.scheduler

    def _with_controls(
        self, inputs: Mapping[str, Tensor], size: int, terms: Terms
    ) -> Mapping[str, Tensor]:
        if size != 1:
            raise InvalidInput(
                f"inference request to model '{self._name}' must specify batch-size 1 due to "
                "requirements of sequence batcher"
            )
        return {**inputs, **self._controls.tensors(terms.sequence)}

    def _kind(self, request: InferRequest) -> Hashable:
        """What requests must have in common to be computed together."""
        if not self._together:
            return None
        return frozenset(
            (tensor.name, () if tensor.name in self._ragged else tensor.shape[1:])
            for tensor in request.inputs
        )

    def _batched(self, tensor: Tensor) -> Tensor:
        """An item's tensor as a batch of one, if its profile left the batch to the server."""
        if not self._most or len(tensor.shape) != self._ranks.get(tensor.name, 0) - 1:
            return tensor
        return Tensor(tensor.name, tensor.datatype, tensor.data[None])

    def _without_batch(self, tensor: Tensor) -> Tensor:
        if not self._most or tensor.shape[:1] != (1,):
            return tensor
        return Tensor(tensor.name, tensor.datatype, tensor.data[0])
