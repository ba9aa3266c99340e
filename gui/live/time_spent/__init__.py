"""Where the time of answers goes, and what would mend it."""

from gui.live.time_spent.adviser import Adviser
from gui.live.time_spent.bottleneck import TOPIC
from gui.live.time_spent.frame_dialog import FrameDialog, FrameOpener
from gui.live.time_spent.reader import LatencyReader

__all__ = ["TOPIC", "Adviser", "FrameDialog", "FrameOpener", "LatencyReader"]
