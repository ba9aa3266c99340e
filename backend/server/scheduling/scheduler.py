"""Where a model computes: on threads of its own behind a bounded queue, or on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, TypeVar, cast

from backend.core.defaults import QUEUE_LIMIT as QUEUE_LIMIT  # noqa: PLC0414
from backend.core.errors import ModelFailed, NotReady, Overloaded
from backend.core.timing import ServerTiming
from backend.core.worker import Worker
from backend.models.repository import LoadedModel
from backend.models.servable import Instance, ModelRequest, ModelResponse
from backend.server.scheduling.batching import rules_of
from backend.server.scheduling.decoupled import DecoupledBatch
from backend.server.scheduling.direct_slots import with_slots
from backend.server.scheduling.execution import execute, execute_here
from backend.server.scheduling.instance_threads import InstanceThreads
from backend.server.scheduling.job_queue import JobQueue, PriorityQueue, policy_of
from backend.server.scheduling.jobs import Job, SingleJob, StreamJob, resolve_jobs
from backend.server.scheduling.ordering import AtOnce, InOrder
from backend.server.scheduling.request_queue import BeingUnloaded, RequestQueue
from backend.server.scheduling.sequence_queue import SequenceQueue
from backend.server.scheduling.statistics import Failure, Statistics
from backend.wire.generated import open_inference_pb2 as pb

UNLOAD_LIMIT_S = 10.0
"""How long a model that goes may take for each batch of answers that it still owes."""

T = TypeVar("T")


class Scheduler:
    """Runs the requests of one loaded model, and keeps the model open until it has ended.

    `run`, `stream` and `pending` belong to the event loop; the rest may be called from any thread.
    Raises BeingUnloaded if the model goes already.
    """

    def __init__(self, model: LoadedModel, *, queue_limit: int = QUEUE_LIMIT) -> None:
        servable = model.servable
        self.model = model
        self.statistics = Statistics(servable.name, servable.version)
        self._name = servable.name
        self._first = model.instances[0]
        self._queue = RequestQueue(_job_queue(model, queue_limit))
        self._answers = InOrder() if _keeps_order(servable.config) else AtOnce()
        self._batches: dict[Job, DecoupledBatch] = {}
        self._letting_go = threading.Lock()
        self._let_go = False
        compute = self._compute_decoupled if servable.decoupled else self._compute
        instances = with_slots(servable.config, model.instances)
        self._threads = InstanceThreads(
            servable.name, instances, self._queue, compute, self._end_of_threads
        )
        if not model.use(self.drain):
            raise BeingUnloaded(f"model '{self._name}' is being unloaded")

    @property
    def pending(self) -> int:
        """How many requests wait or are computed."""
        return self._queue.pending

    async def run(self, job: SingleJob[T]) -> tuple[T, ServerTiming]:
        """Compute a request and return its result.

        Raises Overloaded when the queue is full, NotReady when the model goes or the request has
        waited for too long, and what the model answers. Cancelling takes a request that still waits
        out of the queue.
        """
        self._enter(job)
        with self._bounded_wait(job):
            try:
                return await job.answer
            except asyncio.CancelledError:
                self._give_up(job)
                raise

    def run_here(
        self, make_request: Callable[[], ModelRequest], result: Callable[[ModelResponse], T]
    ) -> tuple[T, ServerTiming]:
        """Compute a request of an instant model on the event loop; raises what `run` raises."""
        self._queue.check_open()
        return execute_here(self._name, self._first, make_request, result, self.statistics)

    async def stream(
        self, job: StreamJob
    ) -> AsyncGenerator[tuple[ModelResponse | None, bool], None]:
        """Each response of a decoupled model as it comes, and whether it is the last.

        Raises what `run` raises. Closing the iterator gives the request up.
        """
        if self.model.servable.instant:
            self._queue.run_at_once(job)
            self._compute_decoupled(self._first, (job,))
        else:
            self._enter(job)
        final = False
        with self._bounded_wait(job):
            try:
                while not final:
                    response, final = await job.mailbox.get()
                    yield response, final
            finally:
                if not final:
                    self._give_up(job)
                    job.mailbox.close()

    def count_refused(self, started_ns: int) -> None:
        """Count a request that was wrong before it could wait."""
        self.statistics.failed(time.monotonic_ns() - started_ns, Failure.OTHER)

    def drain(self) -> None:
        """Take no more requests, finish those that wait, then let the model go."""
        self._end(BeingUnloaded(f"model '{self._name}' is being unloaded"))
        if self._threads.started:
            Worker(f"unload-{self._name}", self._see_off).start()

    def close(self, reason: str) -> None:
        """Take no more requests, refuse those that wait, then let the model go."""
        self._queue.end(NotReady(reason))
        for job in self._queue.clear():
            self._count_failure(job, Failure.OTHER)
            job.refuse(NotReady(reason))
        self._end(NotReady(reason))

    def interrupt(self, reason: str) -> None:
        """Break off what is being computed, where the model can be interrupted."""
        self._threads.interrupt(reason)

    def join(self, timeout_s: float) -> bool:
        """Wait for the threads after `drain` or `close`; True if all have ended."""
        return self._threads.join(timeout_s)

    # ---- entering and leaving, on the loop ----

    def _enter(self, job: Job) -> None:
        # Threads first: `_end` lets the model go at once if there have never been any.
        self._threads.start()
        try:
            self._queue.enter(job)
        except BeingUnloaded:
            raise  # the plane asks the model that took its place
        except Exception as error:
            rejected = isinstance(error, Overloaded)
            self._count_failure(job, Failure.REJECTED if rejected else Failure.OTHER)
            raise

    def _give_up(self, job: Job) -> None:
        job.given_up = True
        for gone in self._queue.leave(job):
            self._count_failure(gone, Failure.CANCELED)
            if gone is not job:
                gone.refuse(NotReady("the first request of its sequence was given up"))
        batch = self._batches.get(job)
        if batch is not None:
            batch.fail(ModelFailed("given up by the caller"), cast("StreamJob", job))

    @contextlib.contextmanager
    def _bounded_wait(self, job: Job) -> Iterator[None]:
        """While the request waits, its time runs."""
        timeout_ns, action = _timeout(self.model.servable.config, job)
        if not timeout_ns:
            yield
            return
        timer = asyncio.get_running_loop().call_later(timeout_ns / 1e9, self._expire, job, action)
        try:
            yield
        finally:
            timer.cancel()

    def _expire(self, job: Job, action: pb.ModelQueuePolicy.TimeoutAction) -> None:
        if action == pb.ModelQueuePolicy.DELAY:
            self._queue.put_back(job)
            return
        for gone in self._queue.leave(job):
            self._count_failure(gone, Failure.REJECTED)
            gone.refuse(NotReady("Request timeout expired"))

    def _count_failure(self, job: Job, why: Failure) -> None:
        self.statistics.failed(time.monotonic_ns() - job.queued_ns, why)

    # ---- computing, on the instances' threads ----

    def _compute(self, instance: Instance, jobs: tuple[Job, ...]) -> None:
        singles = cast("tuple[SingleJob[Any], ...]", jobs)
        answers = execute(self._name, instance, singles, self.statistics)
        self._queue.computed(jobs)
        self._queue.done(*jobs)
        outcomes = list(zip(singles, answers, strict=True))
        self._answers.hand_out(
            jobs[0].batch_number, lambda: resolve_jobs(singles[0].loop, outcomes)
        )

    def _compute_decoupled(self, instance: Instance, jobs: tuple[Job, ...]) -> None:
        streams = cast("tuple[StreamJob, ...]", jobs)
        batch = DecoupledBatch(self._name, streams, self.statistics, self._settled)
        self._batches.update(dict.fromkeys(jobs, batch))
        batch.run(instance)
        self._queue.computed(jobs)

    def _settled(self, job: StreamJob) -> None:
        self._batches.pop(job, None)
        self._queue.done(job)

    # ---- the end ----

    def _end(self, refusal: NotReady) -> None:
        self._queue.end(refusal)
        if not self._threads.started:
            self._release()

    def _see_off(self, _stop: threading.Event) -> None:
        """Let requests that wait be answered, but each batch have only so much time."""
        reason = f"it did not answer within {UNLOAD_LIMIT_S:g} s, and is being unloaded"
        while not self._threads.join(UNLOAD_LIMIT_S):
            self._threads.interrupt(reason, after_s=UNLOAD_LIMIT_S)

    def _end_of_threads(self) -> None:
        if not self._queue.wait_until_idle(UNLOAD_LIMIT_S):
            error = ModelFailed(f"model '{self._name}' went before it had answered")
            for batch in tuple(self._batches.values()):
                batch.fail(error)
        self._release()

    def _release(self) -> None:
        with self._letting_go:
            first, self._let_go = not self._let_go, True
        if first:
            self.model.release(self.drain)


def _keeps_order(config: pb.ModelConfig) -> bool:
    batching = config.sequence_batching.oldest
    return config.dynamic_batching.preserve_ordering or batching.preserve_ordering


def _job_queue(model: LoadedModel, limit: int) -> JobQueue:
    config = model.servable.config
    rules = rules_of(config)
    if config.HasField("sequence_batching"):
        return SequenceQueue(config, rules, limit, len(model.instances))
    return PriorityQueue(config, rules, limit)


def _timeout(config: pb.ModelConfig, job: Job) -> tuple[int, pb.ModelQueuePolicy.TimeoutAction]:
    """How long a request may wait in nanoseconds, 0 for ever, and what happens then.

    A request may shorten its time only where a queue policy of the configuration allows it; like
    Triton, a model without one never counts the time.
    """
    wanted = job.terms.timeout_ns or 0
    policy = policy_of(config, job.terms.priority or config.dynamic_batching.default_priority_level)
    allowed = policy.default_timeout_microseconds * 1000
    if policy.allow_timeout_override and wanted and (not allowed or wanted < allowed):
        return wanted, policy.timeout_action
    return allowed, policy.timeout_action
