"""What a version of a model has done since it was loaded, counted exactly."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from backend.models.servable import ExecutionTimes
from backend.wire.generated import open_inference_pb2 as pb


class Failure(StrEnum):
    """Why a request failed, in the words of Triton's metrics."""

    REJECTED = "REJECTED"
    CANCELED = "CANCELED"
    BACKEND = "BACKEND"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """The counters of one version; `pending` requests wait or run, `failures` are by reason."""

    statistics: pb.ModelStatistics
    pending: int
    failures: Mapping[str, int]


@dataclass(slots=True)
class _Duration:
    """How often, and how long altogether."""

    count: int = 0
    ns: int = 0

    def add(self, ns: int, times: int = 1) -> None:
        self.count += times
        self.ns += ns

    def message(self) -> pb.StatisticDuration:
        return pb.StatisticDuration(count=self.count, ns=self.ns)


@dataclass(slots=True)
class _Computing:
    """The three parts of computing."""

    input: _Duration = field(default_factory=_Duration)
    infer: _Duration = field(default_factory=_Duration)
    output: _Duration = field(default_factory=_Duration)

    def add(self, times: ExecutionTimes) -> None:
        self.input.add(times.input_ns)
        self.infer.add(times.infer_ns)
        self.output.add(times.output_ns)


@dataclass(slots=True)
class _Alone:
    """Inferences that were computed one by one: the sums that each of them adds to."""

    count: int = 0
    total_ns: int = 0
    input_ns: int = 0
    infer_ns: int = 0
    output_ns: int = 0


@dataclass(slots=True)
class _Responses:
    """The responses of a decoupled model that were given at one place of their requests."""

    infer: _Duration = field(default_factory=_Duration)
    output: _Duration = field(default_factory=_Duration)
    success: _Duration = field(default_factory=_Duration)
    fail: _Duration = field(default_factory=_Duration)
    empty: _Duration = field(default_factory=_Duration)
    cancel: _Duration = field(default_factory=_Duration)

    def message(self) -> pb.InferResponseStatistics:
        return pb.InferResponseStatistics(
            compute_infer=self.infer.message(),
            compute_output=self.output.message(),
            success=self.success.message(),
            fail=self.fail.message(),
            empty_response=self.empty.message(),
            cancel=self.cancel.message(),
        )


class ResponseKind(StrEnum):
    """What became of one response of a decoupled model."""

    SUCCESS = "success"
    FAIL = "fail"
    EMPTY = "empty"
    CANCEL = "cancel"


class Statistics:
    """Counts requests, executions and responses; safe from any thread.

    A request counts once: as a success, with its parts, or as a failure. A batch counts once if any
    of its requests succeeded. Durations are in nanoseconds.
    """

    def __init__(self, name: str, version: str) -> None:
        self._name = name
        self._version = version
        self._lock = threading.Lock()
        self._success, self._fail, self._queue = _Duration(), _Duration(), _Duration()
        self._computing = _Computing()
        self._inferences = self._executions = self._last_ms = 0
        self._batches: dict[int, _Computing] = {}
        self._alone = _Alone()
        self._responses: dict[int, _Responses] = {}
        self._failures: dict[Failure, int] = dict.fromkeys(Failure, 0)

    def executed(self, size: int, times: ExecutionTimes) -> None:
        """A batch of `size` inferences was computed."""
        with self._lock:
            self._executions += 1
            self._batches.setdefault(size, _Computing()).add(times)

    def succeeded(self, size: int, total_ns: int, queue_ns: int, times: ExecutionTimes) -> None:
        """A request of `size` inferences was answered."""
        with self._lock:
            self._inferences += size
            self._success.add(total_ns)
            self._queue.add(queue_ns)
            self._computing.add(times)
            self._last_ms = int(time.time() * 1e3)

    def alone(self, total_ns: int, input_ns: int, infer_ns: int, output_ns: int) -> None:
        """A single inference was computed and answered at once, without a queue."""
        now_ms = int(time.time() * 1e3)
        with self._lock:
            alone = self._alone
            alone.count += 1
            alone.total_ns += total_ns
            alone.input_ns += input_ns
            alone.infer_ns += infer_ns
            alone.output_ns += output_ns
            self._last_ms = now_ms

    def failed(self, total_ns: int, why: Failure) -> None:
        """A request was answered with an error, or given up."""
        with self._lock:
            self._fail.add(total_ns)
            self._failures[why] += 1
            self._last_ms = int(time.time() * 1e3)

    def responded(self, place: int, kind: ResponseKind, infer_ns: int, output_ns: int) -> None:
        """A decoupled model gave the response number `place` of a request, counted from 0."""
        with self._lock:
            counted = self._responses.setdefault(place, _Responses())
            total = infer_ns + output_ns
            match kind:
                case ResponseKind.SUCCESS:
                    counted.success.add(total)
                    counted.infer.add(infer_ns)
                    counted.output.add(output_ns)
                case ResponseKind.FAIL:
                    counted.fail.add(total)
                    counted.infer.add(infer_ns)
                    counted.output.add(output_ns)
                case ResponseKind.EMPTY:
                    counted.empty.add(total)
                case ResponseKind.CANCEL:
                    counted.cancel.add(total)

    def failures(self) -> Mapping[str, int]:
        """How many requests failed, by reason."""
        with self._lock:
            return {str(why): count for why, count in self._failures.items()}

    def message(self) -> pb.ModelStatistics:
        """Everything at this moment."""
        with self._lock:
            self._add_alone()
            return pb.ModelStatistics(
                name=self._name,
                version=self._version,
                last_inference=self._last_ms,
                inference_count=self._inferences,
                execution_count=self._executions,
                inference_stats=self._inference_stats(),
                batch_stats=[_batch(size, self._batches[size]) for size in sorted(self._batches)],
                response_stats={str(n): each.message() for n, each in self._responses.items()},
            )

    def _add_alone(self) -> None:
        """Count what `alone` has noted as the others are counted."""
        alone, self._alone = self._alone, _Alone()
        if not alone.count:
            return
        self._inferences += alone.count
        self._executions += alone.count
        self._success.add(alone.total_ns, alone.count)
        self._queue.count += alone.count
        for computing in (self._computing, self._batches.setdefault(1, _Computing())):
            computing.input.add(alone.input_ns, alone.count)
            computing.infer.add(alone.infer_ns, alone.count)
            computing.output.add(alone.output_ns, alone.count)

    def _inference_stats(self) -> pb.InferStatistics:
        return pb.InferStatistics(
            success=self._success.message(),
            fail=self._fail.message(),
            queue=self._queue.message(),
            compute_input=self._computing.input.message(),
            compute_infer=self._computing.infer.message(),
            compute_output=self._computing.output.message(),
            cache_hit=pb.StatisticDuration(),
            cache_miss=pb.StatisticDuration(),
        )


def _batch(size: int, computing: _Computing) -> pb.InferBatchStatistics:
    return pb.InferBatchStatistics(
        batch_size=size,
        compute_input=computing.input.message(),
        compute_infer=computing.infer.message(),
        compute_output=computing.output.message(),
    )
