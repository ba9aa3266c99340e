"""Statistics as Prometheus reads them, under the names that Triton's users know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from backend.server.scheduling import ModelMetrics
from backend.wire.generated import open_inference_pb2 as pb

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# The library appends "_total" to the names of all counters, as OpenMetrics wants it, in the two
# lines above their samples (https://github.com/prometheus/client_python/issues/912).
_APPENDED_TOTAL = re.compile(r"^(# HELP (\S+))_total( .*\n# TYPE \2)_total counter$", re.MULTILINE)

_Read: TypeAlias = Callable[[pb.ModelStatistics], int]


@dataclass(frozen=True, slots=True)
class _Counter:
    """One counter per model and version."""

    name: str
    help: str
    read: _Read


def _us(read: Callable[[pb.InferStatistics], int]) -> _Read:
    return lambda statistics: read(statistics.inference_stats) // 1000


_COUNTERS: Sequence[_Counter] = (
    _Counter(
        "nv_inference_request_success",
        "Requests that were answered",
        lambda statistics: statistics.inference_stats.success.count,
    ),
    _Counter(
        "nv_inference_count",
        "Inferences: a request with a batch of n counts n times",
        lambda statistics: statistics.inference_count,
    ),
    _Counter(
        "nv_inference_exec_count",
        "Times the model ran: several requests may share one",
        lambda statistics: statistics.execution_count,
    ),
    _Counter(
        "nv_inference_request_duration_us",
        "From arrival to answer, all answered requests together",
        _us(lambda stats: stats.success.ns),
    ),
    _Counter(
        "nv_inference_queue_duration_us",
        "Waiting in the queue, all together",
        _us(lambda stats: stats.queue.ns),
    ),
    _Counter(
        "nv_inference_compute_input_duration_us",
        "Preparing the inputs, all together",
        _us(lambda stats: stats.compute_input.ns),
    ),
    _Counter(
        "nv_inference_compute_infer_duration_us",
        "Computing, all together",
        _us(lambda stats: stats.compute_infer.ns),
    ),
    _Counter(
        "nv_inference_compute_output_duration_us",
        "Making the outputs, all together",
        _us(lambda stats: stats.compute_output.ns),
    ),
)


class ServerMetrics(Collector):
    """What the server counts of each model, as it was when `models` were asked for it."""

    def __init__(self, models: Sequence[ModelMetrics]) -> None:
        self._models = models

    def collect(self) -> Iterator[Metric]:
        """Every family, also those without a sample."""
        first, *others = (self._counter(counter) for counter in _COUNTERS)
        yield first
        yield self._failures()
        yield from others
        yield self._pending()

    def _counter(self, counter: _Counter) -> Metric:
        family = Metric(counter.name, counter.help, "counter")
        for model in self._models:
            family.add_sample(counter.name, _labels(model), counter.read(model.statistics))
        return family

    def _failures(self) -> Metric:
        name = "nv_inference_request_failure"
        family = Metric(name, "Requests that were not answered, by reason", "counter")
        for model in self._models:
            for reason, failed in model.failures.items():
                family.add_sample(name, _labels(model) | {"reason": reason}, failed)
        return family

    def _pending(self) -> Metric:
        name = "nv_inference_pending_request_count"
        family = Metric(name, "Requests that wait or are computed now", "gauge")
        for model in self._models:
            family.add_sample(name, _labels(model), model.pending)
        return family


def metrics_page(*collectors: Collector) -> bytes:
    """The text of all `collectors`' families, of type `CONTENT_TYPE`.

    Counters must bear the names they are to have there, with or without "_total".
    """
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return _APPENDED_TOTAL.sub(r"\1\3 counter", generate_latest(registry).decode()).encode()


def _labels(model: ModelMetrics) -> dict[str, str]:
    return {"model": model.statistics.name, "version": model.statistics.version}
