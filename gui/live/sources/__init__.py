"""The source of the live page: what can be chosen, and what is."""

from gui.live.sources.controller import SourceController
from gui.live.sources.menu import Devices, SourceMenu

__all__ = ["Devices", "SourceController", "SourceMenu"]
