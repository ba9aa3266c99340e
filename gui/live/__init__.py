"""Live."""

from gui.live.bar import Bar
from gui.live.drop_overlay import DropOverlay
from gui.live.outage import TOPIC, Outage, WayOut
from gui.live.page import LivePage
from gui.live.pump import Pump
from gui.live.readout import REQUEST, Readout
from gui.live.run_messages import end_notice, error_notice
from gui.live.source_menu import Devices
from gui.live.sources import SourceController
from gui.live.status_strip import HEIGHT, StatusStrip

__all__ = [
    "HEIGHT",
    "REQUEST",
    "TOPIC",
    "Bar",
    "Devices",
    "DropOverlay",
    "LivePage",
    "Outage",
    "Pump",
    "Readout",
    "SourceController",
    "StatusStrip",
    "WayOut",
    "end_notice",
    "error_notice",
]
