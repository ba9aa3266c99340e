"""How a run begins."""

from gui.live.start.cards import StartCards
from gui.live.start.control import StartControl

__all__ = ["StartCards", "StartControl"]
