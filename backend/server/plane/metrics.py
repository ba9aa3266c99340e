"""Statistics as Prometheus reads them, under the names that Triton's users know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.server.scheduling import ModelMetrics
from backend.wire.generated import open_inference_pb2 as pb

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

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


def metrics_text(models: Sequence[ModelMetrics]) -> str:
    """The page of all models."""
    parts = [
        _family(
            counter.name,
            counter.help,
            "counter",
            ((_labels(model), counter.read(model.statistics)) for model in models),
        )
        for counter in _COUNTERS
    ]
    parts.insert(
        1,
        _family(
            "nv_inference_request_failure",
            "Requests that were not answered, by reason",
            "counter",
            (
                (_labels(model, reason=reason), failed)
                for model in models
                for reason, failed in model.failures.items()
            ),
        ),
    )
    parts.append(
        _family(
            "nv_inference_pending_request_count",
            "Requests that wait or are computed now",
            "gauge",
            ((_labels(model), model.pending) for model in models),
        )
    )
    return "".join(parts)


def _family(name: str, about: str, kind: str, values: Iterable[tuple[str, float]]) -> str:
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{labels} {value}" for labels, value in values]
    return "\n".join(lines) + "\n"


def _labels(model: ModelMetrics, **more: str) -> str:
    labels = {"model": model.statistics.name, "version": model.statistics.version, **more}
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
