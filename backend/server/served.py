"""One loaded model as the data plane uses it: what it takes, and how a request becomes a job."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from backend.core.errors import InvalidInput
from backend.core.inference import InferRequest, InferResponse
from backend.core.predictions import Predictions
from backend.core.tensors import Tensor
from backend.models.loaded import LoadedModel
from backend.models.servable import ModelRequest, ModelResponse
from backend.server.controls import Controls, own_inputs
from backend.server.items import tensors_of
from backend.server.jobs import Job, SingleJob, StreamJob, Terms
from backend.server.mailbox import Mailbox
from backend.server.request_terms import models_own, terms_of
from backend.server.scheduler import Scheduler
from backend.server.validation import batch_size, check_inputs, check_outputs, select_outputs
from backend.wire.serving_items import Item

T = TypeVar("T")


class Served:
    """A model with its scheduler; raises NotReady if the model goes already."""

    def __init__(self, model: LoadedModel, *, queue_limit: int) -> None:
        servable = model.servable
        config = servable.config
        self.servable = servable
        self.scheduler = Scheduler(model, queue_limit=queue_limit)
        self._name = servable.name
        self._controls = Controls(config)
        ours = own_inputs(config)
        self._inputs = tuple(spec for spec in servable.inputs if spec.name not in ours)
        self._most = config.max_batch_size
        self._together = self._most > 0 and config.WhichOneof("scheduling_choice") is not None
        self._sequences = config.HasField("sequence_batching")
        self._ragged = frozenset(i.name for i in config.input if i.allow_ragged_batch)

    def single(self, request: InferRequest) -> SingleJob[InferResponse]:
        """The job for a request with one answer; raises InvalidInput."""
        asked, size, terms = self._checked(request)
        return SingleJob(
            asked,
            lambda response: self.response(request, response),
            size=size,
            kind=self._kind(request),
            terms=terms,
        )

    def streaming(self, request: InferRequest) -> StreamJob:
        """The job for a request with any number of answers; raises InvalidInput."""
        asked, size, terms = self._checked(request)
        return StreamJob(asked, Mailbox(), size=size, kind=self._kind(request), terms=terms)

    def item(self, item: Item) -> SingleJob[Predictions]:
        """The job for an item of simple serving; raises InvalidInput if the model takes none."""
        profile = self.servable.profile
        if profile is None:
            raise InvalidInput(
                f"Model '{self._name}' has no profile that says how a picture, sound or numbers "
                "become its inputs.",
                hint="Send tensors with the Open Inference Protocol: POST "
                f"/v2/models/{self._name}/infer.",
            )

        def ask(job: Job) -> ModelRequest:
            tensors = [self._alone(tensor) for tensor in tensors_of(item, profile)]
            inputs = check_inputs(self._name, self._inputs, tensors)
            return ModelRequest(inputs, cancelled=job.cancelled)

        return SingleJob(
            ask, lambda response: profile.decode(map(self._without_batch, response.outputs))
        )

    def response(self, request: InferRequest, response: ModelResponse) -> InferResponse:
        """What a model answered, as the answer to a request."""
        return InferResponse(
            self._name,
            select_outputs(self._name, response.outputs, request.outputs),
            self.servable.version,
            request.id,
            response.parameters,
        )

    def _checked(self, request: InferRequest) -> tuple[Callable[[Job], ModelRequest], int, Terms]:
        check_outputs(self._name, self.servable.outputs, request.outputs)
        inputs = check_inputs(self._name, self._inputs, request.inputs)
        size = batch_size(self._name, self._most, inputs)
        terms = terms_of(request.parameters)
        if self._sequences:
            inputs = self._with_controls(inputs, size, terms)
        own = models_own(request.parameters)
        outputs = tuple(output.name for output in request.outputs)

        def ask(job: Job) -> ModelRequest:
            return ModelRequest(inputs, request.id, own, terms.sequence, outputs, job.cancelled)

        return ask, size, terms

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

    def _alone(self, tensor: Tensor) -> Tensor:
        """An item's tensor as a batch of one, for a model that takes batches."""
        if not self._most:
            return tensor
        return Tensor(tensor.name, tensor.datatype, tensor.data[None])

    def _without_batch(self, tensor: Tensor) -> Tensor:
        if not self._most or tensor.shape[:1] != (1,):
            return tensor
        return Tensor(tensor.name, tensor.datatype, tensor.data[0])
