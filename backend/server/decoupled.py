"""One batch of a model that answers a request as often as it likes, also after `execute`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from backend.core.errors import ModelFailed
from backend.models.servable import ExecutionTimes, Instance, ModelRequest, ModelResponse
from backend.server.execution import explained, failure_of
from backend.server.jobs import StreamJob
from backend.server.statistics import Failure, ResponseKind, Statistics


class DecoupledBatch:
    """Hands each response on as it comes, and counts a request when it had its last one.

    `settled` is told each job that is over; a job may be over before or after `run` returns.
    """

    def __init__(
        self,
        name: str,
        jobs: Sequence[StreamJob],
        statistics: Statistics,
        settled: Callable[[StreamJob], None],
    ) -> None:
        self._name = name
        self._statistics = statistics
        self._settled = settled
        self._lock = threading.Lock()
        self._answers = [_Answers(job) for job in jobs]
        self._times: ExecutionTimes | None = None
        self._started = 0

    def run(self, instance: Instance) -> None:
        """Compute; never raises."""
        self._started = time.monotonic_ns()
        for answers in self._answers:
            answers.last_ns = self._started
        batch = self._asked()
        asked = time.monotonic_ns()
        times = ExecutionTimes(0, 0, 0)
        try:
            if batch:
                times = instance.execute([request for _, request in batch], self._responder(batch))
        except Exception as error:  # noqa: BLE001 - whatever a model raises is its requests' answer
            self.fail(explained(self._name, error))
        self._executed(
            ExecutionTimes(times.input_ns + asked - self._started, times.infer_ns, times.output_ns)
        )

    def fail(self, error: BaseException, only: StreamJob | None = None) -> None:
        """End every request that is not over, or only that one, with an error."""
        for answers in self._answers:
            if only is None or answers.job is only:
                self._fail(answers, error)

    def _asked(self) -> list[tuple[_Answers, ModelRequest]]:
        batch = []
        for answers in self._answers:
            if answers.job.cancelled():
                self._fail(answers, ModelFailed("given up by the caller"))
                continue
            try:
                batch.append((answers, answers.job.ask(answers.job)))
            except Exception as error:  # noqa: BLE001 - it is this request's answer
                self._fail(answers, explained(self._name, error))
        return batch

    def _responder(
        self, batch: Sequence[tuple[_Answers, ModelRequest]]
    ) -> Callable[[int, ModelResponse | None, bool], None]:
        def respond(index: int, response: ModelResponse | None, final: bool) -> None:
            self._respond(batch[index][0], response, final=final)

        return respond

    def _respond(self, answers: _Answers, response: ModelResponse | None, *, final: bool) -> None:
        came = time.monotonic_ns()
        with self._lock:
            place, infer_ns = answers.count, came - answers.last_ns
            answers.count += 1
            late, answers.over = answers.over, answers.over or final
            if response is not None and response.error is not None:
                answers.error = answers.error or response.error
        if late:
            if answers.job.cancelled():
                self._statistics.responded(place, ResponseKind.CANCEL, infer_ns, 0)
            return
        read = answers.job.mailbox.put(response, last=final)
        answers.last_ns = time.monotonic_ns()
        kind = _kind(response, read=read or final)
        self._statistics.responded(place, kind, infer_ns, answers.last_ns - came)
        if final:
            self._settle(answers)

    def _fail(self, answers: _Answers, error: BaseException) -> None:
        with self._lock:
            if answers.over:
                return
            answers.over, answers.error = True, error
        answers.job.mailbox.fail(error)
        self._settle(answers)

    def _settle(self, answers: _Answers) -> None:
        with self._lock:
            answers.ended_ns = time.monotonic_ns()
            times = self._times
        if times is not None:
            self._count(answers, times)
        self._settled(answers.job)

    def _executed(self, times: ExecutionTimes) -> None:
        with self._lock:
            self._times = times
            ended = [answers for answers in self._answers if answers.ended_ns]
        for answers in ended:
            self._count(answers, times)
        size = sum(answers.job.size for answers in self._answers)
        if any(answers.error is None for answers in self._answers):
            self._statistics.executed(size, times)

    def _count(self, answers: _Answers, times: ExecutionTimes) -> None:
        job = answers.job
        total_ns = answers.ended_ns - job.queued_ns
        if job.cancelled():
            self._statistics.failed(total_ns, Failure.CANCELED)
        elif answers.error is not None:
            self._statistics.failed(total_ns, failure_of(answers.error))
        else:
            queue_ns = self._started - job.queued_ns
            self._statistics.succeeded(job.size, total_ns, queue_ns, times)


class _Answers:
    """What one request has been answered so far."""

    __slots__ = ("count", "ended_ns", "error", "job", "last_ns", "over")

    def __init__(self, job: StreamJob) -> None:
        self.job = job
        self.count = 0
        self.last_ns = 0
        self.ended_ns = 0
        self.over = False
        self.error: BaseException | None = None


def _kind(response: ModelResponse | None, *, read: bool) -> ResponseKind:
    if not read:
        return ResponseKind.CANCEL
    if response is None:
        return ResponseKind.EMPTY
    return ResponseKind.SUCCESS if response.error is None else ResponseKind.FAIL
