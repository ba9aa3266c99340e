"""One request's way through the steps of an ensemble."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from backend.core.errors import ModelFailed, RequestError
from backend.core.inference import InferRequest, InferResponse, Parameters, RequestedOutput
from backend.core.tensors import Tensor
from backend.core.timing import ServerTiming
from backend.models.runtimes.ensemble import Level, Step
from backend.models.servable import ExecutionTimes, Servable

Given: TypeAlias = "asyncio.Future[Tensor | None]"
"""A tensor of the ensemble once it is there; None for an optional one that nobody sent."""


class Answer(Protocol):
    """One answer of a decoupled step."""

    @property
    def response(self) -> InferResponse | None:
        """None where only the last one's flag came."""
        ...

    @property
    def error(self) -> RequestError | None:
        """What came instead of a response."""
        ...


class Models(Protocol):
    """The data plane, as an ensemble asks its steps: every queue, batch and count is theirs."""

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        """The answer of a model that is not decoupled."""
        ...

    def stream(self, request: InferRequest) -> AsyncGenerator[Answer, None]:
        """The answers of any model."""
        ...

    def model(self, name: str, version: str = "") -> Servable:
        """The model, which can take requests."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class EnsembleRequest:
    """A request to an ensemble: `inputs` by the ensemble's names, None where nothing was sent.

    `parameters` and `id` go to each step as they are.
    """

    ensemble: str
    inputs: Mapping[str, Tensor | None]
    outputs: Sequence[str]
    id: str
    parameters: Parameters


class EnsembleRun:
    """Runs steps as soon as what they need is there, once.

    `respond` gets the outputs of each response; the next one is computed when it has returned.
    """

    def __init__(
        self,
        request: EnsembleRequest,
        levels: Sequence[Level],
        models: Models,
        respond: Callable[[tuple[Tensor, ...]], Awaitable[None]],
    ) -> None:
        self._ensemble_request = request
        self._levels = levels
        self._models = models
        self._respond = respond
        self._spent = [0.0, 0.0, 0.0]

    @property
    def times(self) -> ExecutionTimes:
        """What the steps have spent until now, added up."""
        return ExecutionTimes(*(int(us * 1e3) for us in self._spent))

    async def finish(self) -> None:
        """Return when every response has been given; raises the first error of a step.

        Cancelling gives up the steps that run.
        """
        try:
            async with asyncio.TaskGroup() as group:
                given = {
                    name: _done(tensor) for name, tensor in self._ensemble_request.inputs.items()
                }
                await self._level(group, 0, given)
        except BaseExceptionGroup as errors:
            raise _first(errors) from None

    async def _level(
        self, group: asyncio.TaskGroup, depth: int, given: Mapping[str, Given]
    ) -> None:
        level = self._levels[depth]
        loop = asyncio.get_running_loop()
        made: dict[str, Given] = {
            tensor: loop.create_future() for step in level.steps for tensor in step.outputs.values()
        }
        tensors = {**given, **made}
        for step in level.steps:
            group.create_task(self._run(step, tensors))
        if level.decoupled is None:
            await self._respond(await _taken(self._ensemble_request.outputs, tensors))
        else:
            await self._open(group, depth, level.decoupled, tensors)

    async def _open(
        self, group: asyncio.TaskGroup, depth: int, step: Step, tensors: Mapping[str, Given]
    ) -> None:
        """Run the deeper steps for each response of a decoupled one."""
        with self._explained():
            answers = self._models.stream(await self._request(step, tensors))
        async with contextlib.aclosing(answers):
            while True:
                with self._explained():
                    answer = await anext(answers, None)
                    if answer is None:
                        return
                    if answer.error is not None:
                        raise answer.error
                    outputs = _outputs(step, answer.response) if answer.response else {}
                if outputs:
                    deeper = {name: _done(tensor) for name, tensor in outputs.items()}
                    await self._level(group, depth + 1, {**tensors, **deeper})

    async def _run(self, step: Step, tensors: Mapping[str, Given]) -> None:
        with self._explained():
            response, timing = await self._models.infer(await self._request(step, tensors))
            spent = (timing.compute_input_us, timing.compute_infer_us, timing.compute_output_us)
            self._spent = [sum(pair) for pair in zip(self._spent, spent, strict=True)]
            for name, tensor in _outputs(step, response).items():
                tensors[name].set_result(tensor)

    async def _request(self, step: Step, tensors: Mapping[str, Given]) -> InferRequest:
        """Waits until the step's inputs are there."""
        given = [(name, await tensors[tensor]) for name, tensor in step.inputs.items()]
        model = self._models.model(step.model, step.version)
        ranks = {spec.name: len(spec.shape) for spec in model.inputs}
        batching = model.config.max_batch_size > 0
        return InferRequest(
            step.model,
            tuple(
                fitted(name, tensor, ranks.get(name), batching=batching)
                for name, tensor in given
                if tensor is not None
            ),
            step.version,
            self._ensemble_request.id,
            self._ensemble_request.parameters,
            tuple(map(RequestedOutput, step.outputs)),
        )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """A step's error says whose step it is."""
        try:
            yield
        except RequestError as error:
            raise _within(self._ensemble_request.ensemble, error) from error


def fitted(name: str, tensor: Tensor, rank: int | None, *, batching: bool) -> Tensor:
    """A tensor under another name, as a batch of one or without it where one side does not batch.

    `rank` is how many dimensions the receiver declares, the batch dimension included if `batching`.
    """
    data = tensor.data
    if rank is not None and batching and data.ndim == rank - 1:
        data = data[None]
    elif rank is not None and not batching and data.ndim == rank + 1 and data.shape[0] == 1:
        data = data[0]
    return Tensor(name, tensor.datatype, data)


def _outputs(step: Step, response: InferResponse) -> dict[str, Tensor]:
    """By the ensemble's names."""
    given = {tensor.name: tensor for tensor in response.outputs}
    for name in step.outputs:
        if name not in given:
            raise ModelFailed(f"model '{step.model}' gave no output '{name}'")
    return {tensor: given[name] for name, tensor in step.outputs.items()}


async def _taken(names: Sequence[str], tensors: Mapping[str, Given]) -> tuple[Tensor, ...]:
    taken = [(name, await tensors[name]) for name in names]
    return tuple(
        Tensor(name, tensor.datatype, tensor.data) for name, tensor in taken if tensor is not None
    )


def _done(tensor: Tensor | None) -> Given:
    future: Given = asyncio.get_running_loop().create_future()
    future.set_result(tensor)
    return future


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error of the step that failed first; the others were cancelled because of it."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _within(ensemble: str, error: RequestError) -> RequestError:
    """The same kind of error, with the ensemble named."""
    explained = copy.copy(error)
    explained.message = f"in ensemble '{ensemble}', {error.message}"
    explained.args = (explained.message,)
    return explained
