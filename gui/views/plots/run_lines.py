"""What the latency panel says in its tooltip: what its readings are of, and of the whole run."""

from __future__ import annotations

from backend.core.status import RunStatus
from gui.views.plots.stage_report import LatencyReport
from gui.views.scales import milliseconds
from gui.widgets.language import number, tr


def run_lines(status: RunStatus, report: LatencyReport | None) -> list[str]:
    """What the readings are of, and the same of the whole run."""
    lines = [
        tr("Latency runs from captured to decoded, age on to the first paint."),
        tr("Stages are medians, each for itself: they add up to no more than about the latency."),
    ]
    if report is not None:
        lines.append(
            tr(
                "Shown: {samples} answers of the last {seconds} s",
                samples=report.samples,
                seconds=number(report.seconds, 1),
            )
        )
    if (run := status.latency) is not None:
        lines.append(
            tr(
                "Whole run, {answers} answers: p50 {p50}, p95 {p95}, p99 {p99}",
                answers=run.count,
                p50=milliseconds(run.p50),
                p95=milliseconds(run.p95),
                p99=milliseconds(run.p99),
            )
        )
    if status.outages.count:
        lines.append(
            tr(
                "Outages: {count}, {seconds} s; answers that lived through one, in no latency: "
                "{delayed}",
                count=status.outages.count,
                seconds=number(status.outages.seconds, 1),
                delayed=status.outages.delayed,
            )
        )
    if status.clock_trouble:
        lines.append(tr("Answers with clocks that contradict: {n}", n=status.clock_trouble))
    return lines
