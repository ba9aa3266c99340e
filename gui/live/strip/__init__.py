"""The strip below the live page: what a run does and costs, in one line."""

from gui.live.strip.alerts import strip_alerts
from gui.live.strip.texts import state_text
from gui.live.strip.widget import StatusStrip

__all__ = ["StatusStrip", "state_text", "strip_alerts"]
