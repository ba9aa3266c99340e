"""What replicas did, added up."""

from __future__ import annotations

from backend.engines.ray.messages import ReplicaReport
from backend.engines.ray.totals import status_of, totals
from backend.wire.generated import open_inference_pb2 as pb


def report(*, answered: int, batch: int, last: int, pending: int = 0) -> ReplicaReport:
    took = pb.StatisticDuration(count=answered, ns=1000 * answered)
    statistics = pb.ModelStatistics(
        name="m",
        version="1",
        last_inference=last,
        inference_count=answered,
        execution_count=answered,
        inference_stats=pb.InferStatistics(success=took, compute_infer=took),
        batch_stats=[pb.InferBatchStatistics(batch_size=batch, compute_infer=took)],
        response_stats={"0": pb.InferResponseStatistics(success=took)},
    )
    row = (statistics.SerializeToString(), pending, {"REJECTED": 1, "OTHER": 2})
    return ReplicaReport(f"r{last}", "n", "10.0.0.1", 7, 1.5, 0.5, 4096, (row,), {})


def test_counters_are_added_and_the_latest_inference_is_kept() -> None:
    reports = (
        report(answered=3, batch=1, last=30, pending=2),
        report(answered=4, batch=1, last=20, pending=1),
        report(answered=5, batch=8, last=10),
    )
    (row,) = totals(reports)
    assert row.statistics.inference_count == row.statistics.execution_count == 12
    assert row.statistics.last_inference == 30
    assert row.statistics.inference_stats.success == pb.StatisticDuration(count=12, ns=12_000)
    batches = {each.batch_size: each.compute_infer.count for each in row.statistics.batch_stats}
    assert batches == {1: 7, 8: 5}
    assert row.statistics.response_stats["0"].success.count == 12
    assert row.pending == 3
    assert row.failures == {"REJECTED": 3, "OTHER": 6}


def test_the_reports_stay_as_they_were() -> None:
    one = report(answered=3, batch=1, last=30)
    totals([one, report(answered=4, batch=1, last=20)])
    (alone,) = totals([one])
    assert alone.statistics.inference_count == 3


def test_a_replica_tells_its_requests_of_all_versions() -> None:
    status = status_of(report(answered=3, batch=1, last=30, pending=2))
    assert (status.answered, status.failed, status.pending) == (3, 3, 2)
    assert (status.pid, status.age_s, status.memory_bytes) == (7, 1.5, 4096)
