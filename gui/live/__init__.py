"""Live runs in the window: what is streamed, how, and what comes back."""

from gui.live.feature import LiveFeature
from gui.live.page import LivePage
from gui.live.sources import Devices

__all__ = ["Devices", "LiveFeature", "LivePage"]
