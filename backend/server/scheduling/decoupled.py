"""One batch of a model that answers a request as often as it likes, also after `execute`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from backend.core.errors import ModelFailed
from backend.models.servable import ExecutionTimes, Instance, ModelRequest, ModelResponse
from backend.server.scheduling.execution import explained, failure_of
from backend.server.scheduling.jobs import StreamJob
from backend.server.scheduling.statistics import Failure, ResponseKind, Statistics


class DecoupledBatch:
    """Hands each response on as it comes, and counts a request when it had its last one.

    `settled` is told each job that is over, which may be before or after `run` returns.
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
        self._started = self._requested_ns = 0
        self._counted = False

    def run(self, instance: Instance) -> None:
        """Compute; never raises."""
        self._started = time.monotonic_ns()
        for answers in self._answers:
            answers.last_ns = self._started
        batch = self._requests()
        self._requested_ns = time.monotonic_ns()
        try:
            if batch:
                times = instance.execute([request for _, request in batch], self._responder(batch))
                self._times = self._with_request_time(times)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its requests' answer
            self.fail(explained(self._name, error))

    def fail(self, error: BaseException, only: StreamJob | None = None) -> None:
        """End every request that is not over, or only that one, with an error."""
        for answers in self._answers:
            if only is None or answers.job is only:
                self._fail(answers, error)

    def _requests(self) -> list[tuple[_Answers, ModelRequest]]:
        batch = []
        for answers in self._answers:
            if answers.job.cancelled():
                self._fail(answers, ModelFailed("given up by the caller"))
                continue
            try:
                batch.append((answers, answers.job.make_request(answers.job)))
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
        if final:
            # Counted first: who has the last answer finds it in the statistics.
            self._statistics.responded(place, _kind(response), infer_ns, 0)
            self._settle(answers)
            answers.job.mailbox.put(response, last=True)
            return
        read = answers.job.mailbox.put(response, last=False)
        answers.last_ns = time.monotonic_ns()
        kind = _kind(response) if read else ResponseKind.CANCEL
        self._statistics.responded(place, kind, infer_ns, answers.last_ns - came)

    def _fail(self, answers: _Answers, error: BaseException) -> None:
        with self._lock:
            if answers.over:
                return
            answers.over, answers.error = True, error
        self._settle(answers)
        answers.job.mailbox.fail(error)

    def _settle(self, answers: _Answers) -> None:
        """Count a request that is over."""
        job, now = answers.job, time.monotonic_ns()
        if job.cancelled():
            self._statistics.failed(now - job.queued_ns, Failure.CANCELED)
        elif answers.error is not None:
            self._statistics.failed(now - job.queued_ns, failure_of(answers.error))
        else:
            times = self._times or self._so_far(now)
            self._count_execution(times)
            queue_ns = self._started - job.queued_ns
            self._statistics.succeeded(job.size, now - job.queued_ns, queue_ns, times)
        self._settled(job)

    def _count_execution(self, times: ExecutionTimes) -> None:
        with self._lock:
            first, self._counted = not self._counted, True
        if first:
            size = sum(answers.job.size for answers in self._answers)
            self._statistics.executed(size, times)

    def _with_request_time(self, times: ExecutionTimes) -> ExecutionTimes:
        requesting_ns = self._requested_ns - self._started
        return ExecutionTimes(times.input_ns + requesting_ns, times.infer_ns, times.output_ns)

    def _so_far(self, now_ns: int) -> ExecutionTimes:
        """The times of a request that is over while `execute` still runs."""
        return ExecutionTimes(self._requested_ns - self._started, now_ns - self._requested_ns, 0)


class _Answers:
    """What one request has been answered so far."""

    __slots__ = ("count", "error", "job", "last_ns", "over")

    def __init__(self, job: StreamJob) -> None:
        self.job = job
        self.count = 0
        self.last_ns = 0
        self.over = False
        self.error: BaseException | None = None


def _kind(response: ModelResponse | None) -> ResponseKind:
    if response is None:
        return ResponseKind.EMPTY
    return ResponseKind.SUCCESS if response.error is None else ResponseKind.FAIL
