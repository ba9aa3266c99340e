"""What is dropped on the window or opened: models for the embedded server, and sources."""

from gui.live.adoption.controller import AdoptionController
from gui.live.adoption.drops import Drops

__all__ = ["AdoptionController", "Drops"]
