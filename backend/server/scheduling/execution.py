"""One batch's way through an instance, timed step by step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from backend.core.errors import ConsoleError, ModelFailed, NotReady, RequestError
from backend.core.timing import ServerTiming
from backend.models.servable import (
    ExecutionTimes,
    Instance,
    ModelRequest,
    ModelResponse,
)
from backend.server.scheduling.jobs import Job, SingleJob
from backend.server.scheduling.statistics import Failure, Statistics

T = TypeVar("T")

_NO_OUTPUTS = ModelResponse()

_log = logging.getLogger("inferdeck.server")


def execute(
    name: str, instance: Instance, jobs: Sequence[SingleJob[Any]], statistics: Statistics
) -> list[Any]:
    """Run an instance once; for each job its result and timing, or the error it gets.

    Everything is counted in the statistics. Errors that are no ConsoleError become ModelFailed.
    """
    started = time.monotonic_ns()
    batch, refused = _requests_of(name, jobs)
    answers: list[ModelResponse | None] = [None] * len(batch)

    def respond(index: int, response: ModelResponse | None, final: bool) -> None:
        if final and answers[index] is None:
            answers[index] = response or _NO_OUTPUTS

    requested = time.monotonic_ns()
    times, failure = ExecutionTimes(0, 0, 0), None
    if batch:
        try:
            times = instance.execute([request for _, request in batch], respond)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its requests' answer
            failure = explained(name, error)
    computed = time.monotonic_ns()
    for (job, _), answer in zip(batch, answers, strict=True):
        refused[job] = _result(name, job, answer, failure)
    times = ExecutionTimes(
        times.input_ns + requested - started,
        times.infer_ns,
        times.output_ns + time.monotonic_ns() - computed,
    )
    return _counted(jobs, refused, started, times, statistics)


def execute_here(
    name: str,
    instance: Instance,
    make_request: Callable[[], ModelRequest],
    result: Callable[[ModelResponse], T],
    statistics: Statistics,
) -> tuple[T, ServerTiming]:
    """What `execute` does for a single request, without a job and at the least cost.

    `make_request` counts as compute_input. Raises the error the request gets.
    """
    started = time.monotonic_ns()
    answers: list[ModelResponse | None] = []

    def respond(_index: int, response: ModelResponse | None, final: bool) -> None:
        if final:
            answers.append(response)

    try:
        request = make_request()
        requested = time.monotonic_ns()
        times = instance.execute((request,), respond)
        computed = time.monotonic_ns()
        value = result(_first(name, answers))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the request's answer
        explanation = explained(name, error)
        statistics.failed(time.monotonic_ns() - started, failure_of(explanation))
        raise explanation from None
    finished = time.monotonic_ns()
    input_ns, infer_ns = times.input_ns + requested - started, times.infer_ns
    output_ns = times.output_ns + finished - computed
    statistics.alone(finished - started, input_ns, infer_ns, output_ns)
    return value, ServerTiming(0.0, input_ns / 1e3, infer_ns / 1e3, output_ns / 1e3)


def _first(name: str, answers: list[ModelResponse | None]) -> ModelResponse:
    """The first final answer is the one that counts."""
    if not answers:
        raise ModelFailed(f"model '{name}' gave no answer")
    answer = answers[0] or _NO_OUTPUTS
    if answer.error is not None:
        raise answer.error
    return answer


def explained(name: str, error: BaseException) -> ConsoleError:
    """The error as a caller gets it; what a model was not meant to raise is logged."""
    if isinstance(error, ConsoleError):
        return error
    _log.error("Model %s failed", name, exc_info=error)
    return ModelFailed(f"model '{name}' failed: {type(error).__name__}: {error}")


def failure_of(error: BaseException) -> Failure:
    """How the statistics call an error that came while computing."""
    from_model = isinstance(error, RequestError) and error.from_model
    if from_model or isinstance(error, ModelFailed | NotReady):
        return Failure.BACKEND
    return Failure.OTHER


def _requests_of(
    name: str, jobs: Sequence[SingleJob[Any]]
) -> tuple[list[tuple[SingleJob[Any], ModelRequest]], dict[Job, Any]]:
    """The requests of the jobs, and the errors of those whose request cannot be made."""
    batch: list[tuple[SingleJob[Any], ModelRequest]] = []
    refused: dict[Job, Any] = {}
    for job in jobs:
        try:
            batch.append((job, job.make_request(job)))
        except Exception as error:  # noqa: BLE001 - it is this request's answer
            refused[job] = explained(name, error)
    return batch, refused


def _result(
    name: str,
    job: SingleJob[Any],
    answer: ModelResponse | None,
    failure: ConsoleError | None,
) -> Any:
    if answer is None:
        return failure or ModelFailed(f"model '{name}' gave no answer")
    if answer.error is not None:
        return answer.error
    try:
        return job.result(answer)
    except Exception as error:  # noqa: BLE001 - it is this request's answer
        return explained(name, error)


def _counted(
    jobs: Sequence[SingleJob[Any]],
    results: dict[Job, Any],
    started: int,
    times: ExecutionTimes,
    statistics: Statistics,
) -> list[Any]:
    finished = time.monotonic_ns()
    outcomes: list[Any] = []
    succeeded = False
    for job in jobs:
        result, total_ns = results[job], finished - job.queued_ns
        if isinstance(result, BaseException):
            statistics.failed(total_ns, failure_of(result))
            outcomes.append(result)
            continue
        succeeded = True
        queue_ns = started - job.queued_ns
        statistics.succeeded(job.size, total_ns, queue_ns, times)
        outcomes.append((result, _timing(queue_ns, times)))
    if succeeded:
        statistics.executed(sum(job.size for job in jobs), times)
    return outcomes


def _timing(queue_ns: int, times: ExecutionTimes) -> ServerTiming:
    return ServerTiming(
        queue_us=queue_ns / 1e3,
        compute_input_us=times.input_ns / 1e3,
        compute_infer_us=times.infer_ns / 1e3,
        compute_output_us=times.output_ns / 1e3,
    )
