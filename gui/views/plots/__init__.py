"""Values and times as bars and lines."""

from gui.views.plots.agreement import AgreementStrip
from gui.views.plots.bars import TopKView
from gui.views.plots.frame_stages import FrameStages
from gui.views.plots.frame_times import FrameTimes, RecentFrames, frames_of, largest_excess
from gui.views.plots.latency import LatencyView
from gui.views.plots.latency_dots import LatencyDots
from gui.views.plots.marks import CursorMark, Marks, MarksOver
from gui.views.plots.reading import Reading
from gui.views.plots.readout import Item, ReadoutLine, Sampled, cursor_items, value_items
from gui.views.plots.series import measured, scored
from gui.views.plots.stage_report import WINDOW_S, LatencyReport, any_answered, report_on
from gui.views.plots.strip import StripPlot
from gui.views.plots.throughput import ThroughputView
from gui.views.plots.timeline import ProbabilityTimeline

__all__ = [
    "WINDOW_S",
    "AgreementStrip",
    "CursorMark",
    "FrameStages",
    "FrameTimes",
    "Item",
    "LatencyDots",
    "LatencyReport",
    "LatencyView",
    "Marks",
    "MarksOver",
    "ProbabilityTimeline",
    "Reading",
    "ReadoutLine",
    "RecentFrames",
    "Sampled",
    "StripPlot",
    "ThroughputView",
    "TopKView",
    "any_answered",
    "cursor_items",
    "frames_of",
    "largest_excess",
    "measured",
    "report_on",
    "scored",
    "value_items",
]
