"""The run of the bar beside a second one: both answers over one picture, and how far they agree."""

from gui.live.side_by_side.controller import SideBySide, Stage
from gui.live.side_by_side.lanes import MakeBeside
from gui.live.side_by_side.panel import ComparisonPanel
from gui.live.side_by_side.part import SideBySidePart

__all__ = ["ComparisonPanel", "MakeBeside", "SideBySide", "SideBySidePart", "Stage"]
