"""Adds up what the replicas of a model have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from backend.engines.ray.messages import ReplicaReport
from backend.server.scheduling import ModelMetrics
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip.cluster import ReplicaStatus


def totals(reports: Iterable[ReplicaReport]) -> tuple[ModelMetrics, ...]:
    """Statistics of each version, summed over replicas; `last_inference` is the latest."""
    statistics: dict[tuple[str, str], pb.ModelStatistics] = {}
    pending: Counter[tuple[str, str]] = Counter()
    failures: dict[tuple[str, str], Counter[str]] = {}
    for report in reports:
        for data, waiting, failed in report.statistics:
            one = pb.ModelStatistics.FromString(data)
            key = (one.name, one.version)
            pending[key] += waiting
            failures.setdefault(key, Counter()).update(failed)
            if key in statistics:
                _add(statistics[key], one)
            else:
                statistics[key] = one
    return tuple(
        ModelMetrics(each, pending[key], dict(failures[key])) for key, each in statistics.items()
    )


def status_of(report: ReplicaReport) -> ReplicaStatus:
    """A replica in the words of the protocol, with the requests of all its versions together."""
    statistics = [pb.ModelStatistics.FromString(data) for data, _, _ in report.statistics]
    return ReplicaStatus(
        report.replica,
        report.node,
        report.pid,
        report.age_s,
        report.cpu_s,
        report.memory_bytes,
        sum(pending for _, pending, _ in report.statistics),
        sum(each.inference_stats.success.count for each in statistics),
        sum(sum(failed.values()) for _, _, failed in report.statistics),
    )


def _add(total: pb.ModelStatistics, one: pb.ModelStatistics) -> None:
    total.last_inference = max(total.last_inference, one.last_inference)
    total.inference_count += one.inference_count
    total.execution_count += one.execution_count
    _add_durations(total.inference_stats, one.inference_stats)
    rows = {row.batch_size: row for row in total.batch_stats}
    for row in one.batch_stats:
        if row.batch_size in rows:
            _add_durations(rows[row.batch_size], row)
        else:
            total.batch_stats.append(row)
    for place, stats in one.response_stats.items():
        _add_durations(total.response_stats[place], stats)


def _add_durations(
    total: pb.InferStatistics | pb.InferBatchStatistics | pb.InferResponseStatistics,
    one: pb.InferStatistics | pb.InferBatchStatistics | pb.InferResponseStatistics,
) -> None:
    for field, value in one.ListFields():
        if field.message_type is not None:
            duration = getattr(total, field.name)
            duration.count += value.count
            duration.ns += value.ns
