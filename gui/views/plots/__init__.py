"""Values and times as bars and lines."""

from gui.views.plots.bars import TopKView
from gui.views.plots.latency import LatencyView
from gui.views.plots.stage_report import WINDOW_S, LatencyReport, report_on
from gui.views.plots.throughput import ThroughputView
from gui.views.plots.timeline import ProbabilityTimeline

__all__ = [
    "WINDOW_S",
    "LatencyReport",
    "LatencyView",
    "ProbabilityTimeline",
    "ThroughputView",
    "TopKView",
    "report_on",
]
