"""Where an ensemble computes: nowhere itself; it asks its steps, on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from typing import TypeVar, cast

from backend.core.errors import NotReady, Overloaded
from backend.core.inference import Parameters
from backend.core.tensors import Tensor
from backend.core.timing import ServerTiming
from backend.models.repository import LoadedModel
from backend.models.runtimes.ensemble import EnsembleServable
from backend.models.runtimes.graph import input_reshapes, output_reshapes
from backend.models.servable import ExecutionTimes, ModelRequest, ModelResponse
from backend.server.ensembles.run import EnsembleRequest, EnsembleRun, Models, fitted
from backend.server.scheduling import (
    BeingUnloaded,
    Failure,
    Job,
    ResponseKind,
    SingleJob,
    Statistics,
    StreamJob,
    Terms,
    explained,
    failure_of,
    full,
)

T = TypeVar("T")


class EnsembleScheduler:
    """Runs the requests of one loaded ensemble, as many at once as may wait for other models.

    `run`, `stream` and `pending` belong to the event loop; the rest may be called from any thread.
    Raises BeingUnloaded if the ensemble goes already.
    """

    def __init__(self, model: LoadedModel, models: Models, *, limit: int) -> None:
        servable = cast("EnsembleServable", model.servable)
        self.model = model
        self.statistics = Statistics(servable.name, servable.version)
        self._servable = servable
        self._models = models
        self._limit = limit
        self._batching = servable.config.max_batch_size > 0
        self._reshapes = (input_reshapes(servable.config), output_reshapes(servable.config))
        self._ranks = {spec.name: len(spec.shape) for spec in servable.outputs}
        self._lock = threading.Lock()
        self._running = 0
        self._refusal: NotReady | None = None
        self._ended = threading.Event()
        if not model.use(self.drain):
            raise BeingUnloaded(f"model '{servable.name}' is being unloaded")

    @property
    def pending(self) -> int:
        """How many requests are under way."""
        return self._running

    async def run(self, job: SingleJob[T]) -> tuple[T, ServerTiming]:
        """Compute a request and return its result; raises what its steps raise.

        Raises Overloaded when too many are under way, NotReady when the ensemble goes. Cancelling
        gives up the steps that run.
        """
        outputs: tuple[Tensor, ...] = ()

        async def keep(given: tuple[Tensor, ...]) -> None:
            nonlocal outputs
            outputs = given

        with self._counted(job):
            request = await _made(job, lambda: job.make_request(job))
            requested_ns = time.monotonic_ns()
            run = self._run(request, job.terms, keep)
            await run.finish()
            computed_ns = time.monotonic_ns()
            result = await _made(job, lambda: job.result(ModelResponse(outputs)))
            self._count(job, run.times)
        timing = ServerTiming(
            queue_us=0.0,
            compute_input_us=(requested_ns - job.queued_ns) / 1e3,
            compute_infer_us=(computed_ns - requested_ns) / 1e3,
            compute_output_us=(time.monotonic_ns() - computed_ns) / 1e3,
        )
        return result, timing

    async def stream(
        self, job: StreamJob
    ) -> AsyncGenerator[tuple[ModelResponse | None, bool], None]:
        """Each response of an ensemble with a decoupled step, and whether it is the last.

        A response is computed when the one before it has been taken. Raises what `run` raises;
        closing the iterator gives the request up.
        """
        with self._counted(job):
            responses: asyncio.Queue[tuple[Tensor, ...] | None] = asyncio.Queue()

            async def hand_over(outputs: tuple[Tensor, ...]) -> None:
                responses.put_nowait(outputs)
                await responses.join()

            run = self._run(job.make_request(job), job.terms, hand_over)
            task = asyncio.create_task(run.finish())
            task.add_done_callback(lambda _: responses.put_nowait(None))
            try:
                place, began_ns = 0, time.monotonic_ns()
                while (outputs := await responses.get()) is not None:
                    came_ns = time.monotonic_ns()
                    yield ModelResponse(outputs), False
                    read_ns = time.monotonic_ns()
                    self.statistics.responded(
                        place, ResponseKind.SUCCESS, came_ns - began_ns, read_ns - came_ns
                    )
                    place, began_ns = place + 1, read_ns
                    responses.task_done()
                await task
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            self._count(job, run.times)
        yield None, True

    def count_refused(self, started_ns: int) -> None:
        """Count a request that was wrong before it could begin."""
        self.statistics.failed(time.monotonic_ns() - started_ns, Failure.OTHER)

    def drain(self) -> None:
        """Take no more requests, finish those under way, then let the model go."""
        self._end(BeingUnloaded(f"model '{self._servable.name}' is being unloaded"))

    def close(self, reason: str) -> None:
        """Take no more requests; those under way end with their steps."""
        self._end(NotReady(reason))

    def interrupt(self, reason: str) -> None:
        """Nothing: what computes are its steps, which are interrupted themselves."""

    def join(self, timeout_s: float) -> bool:
        """Wait until nothing is under way after `drain` or `close`; True if that is so."""
        return self._ended.wait(timeout_s)

    def _run(
        self,
        request: ModelRequest,
        terms: Terms,
        respond: Callable[[tuple[Tensor, ...]], Awaitable[None]],
    ) -> EnsembleRun:
        wanted = request.outputs or tuple(self._ranks)
        ensemble_request = EnsembleRequest(
            self._servable.name,
            self._inputs(request.inputs),
            wanted,
            request.id,
            _parameters(request, terms),
        )

        async def give(outputs: tuple[Tensor, ...]) -> None:
            await respond(tuple(map(self._output, outputs)))

        return EnsembleRun(ensemble_request, self._servable.levels(wanted), self._models, give)

    def _inputs(self, sent: Mapping[str, Tensor]) -> dict[str, Tensor | None]:
        """Every declared input, in the shape that the steps know it by."""
        reshapes, _ = self._reshapes
        inputs: dict[str, Tensor | None] = {spec.name: None for spec in self._servable.inputs}
        for name, tensor in sent.items():
            inputs[name] = tensor
            if name in reshapes:
                data = reshapes[name].apply(tensor.data, batching=self._batching)
                inputs[name] = Tensor(name, tensor.datatype, data)
        return inputs

    def _output(self, tensor: Tensor) -> Tensor:
        """As the ensemble declares it."""
        _, reshapes = self._reshapes
        if tensor.name in reshapes:
            data = reshapes[tensor.name].apply(tensor.data, batching=self._batching)
            tensor = Tensor(tensor.name, tensor.datatype, data)
        return fitted(tensor.name, tensor, self._ranks[tensor.name], batching=self._batching)

    @contextlib.contextmanager
    def _counted(self, job: Job) -> Iterator[None]:
        """A request that is under way; however it fails, it is counted."""
        self._begin(job)
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            self.statistics.failed(time.monotonic_ns() - job.queued_ns, Failure.CANCELED)
            job.given_up = True
            raise
        except Exception as error:
            why = explained(self._servable.name, error)
            rejected = isinstance(why, Overloaded)
            failure = Failure.REJECTED if rejected else failure_of(why)
            self.statistics.failed(time.monotonic_ns() - job.queued_ns, failure)
            if why is error:
                raise
            raise why from error
        finally:
            with self._lock:
                self._running -= 1
            self._release_if_idle()

    def _begin(self, job: Job) -> None:
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._running >= self._limit:
                self.statistics.failed(time.monotonic_ns() - job.queued_ns, Failure.REJECTED)
                raise full(f"ensemble '{self._servable.name}'", self._limit)
            self._running += 1

    def _count(self, job: Job, times: ExecutionTimes) -> None:
        self.statistics.succeeded(job.size, time.monotonic_ns() - job.queued_ns, 0, times)
        self.statistics.executed(job.size, times)

    def _end(self, refusal: NotReady) -> None:
        with self._lock:
            self._refusal = refusal
        self._release_if_idle()

    def _release_if_idle(self) -> None:
        with self._lock:
            if self._refusal is None or self._running or self._ended.is_set():
                return
            self._ended.set()
        self.model.release(self.drain)


async def _made(job: Job, make: Callable[[], T]) -> T:
    """What `make` makes, on a thread if it converts pictures or sound."""
    return await asyncio.to_thread(make) if job.converts else make()


def _parameters(request: ModelRequest, terms: Terms) -> Parameters:
    """What was asked of the ensemble, to be asked of its steps."""
    parameters = dict(request.parameters)
    if terms.sequence is not None:
        parameters["sequence_id"] = terms.sequence.id
        parameters["sequence_start"] = terms.sequence.start
        parameters["sequence_end"] = terms.sequence.end
    if terms.priority:
        parameters["priority"] = terms.priority
    if terms.timeout_ns:
        parameters["timeout"] = terms.timeout_ns // 1000
    return parameters
