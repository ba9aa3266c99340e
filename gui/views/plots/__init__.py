"""Values and times as bars and lines."""

from gui.views.plots.bars import TopKView
from gui.views.plots.frame_stages import FrameStages
from gui.views.plots.frame_times import FrameTimes, RecentFrames, frames_of, largest_excess
from gui.views.plots.latency import LatencyView
from gui.views.plots.latency_dots import LatencyDots
from gui.views.plots.stage_report import WINDOW_S, LatencyReport, report_on
from gui.views.plots.throughput import ThroughputView
from gui.views.plots.timeline import ProbabilityTimeline

__all__ = [
    "WINDOW_S",
    "FrameStages",
    "FrameTimes",
    "LatencyDots",
    "LatencyReport",
    "LatencyView",
    "ProbabilityTimeline",
    "RecentFrames",
    "ThroughputView",
    "TopKView",
    "frames_of",
    "largest_excess",
    "report_on",
]
