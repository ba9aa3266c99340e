"""Targets in the window: who they are, what they offer, and how their models are fed."""

from gui.targets.controller import TargetController
from gui.targets.dialogs import TargetDialogs
from gui.targets.engine import TargetEngine
from gui.targets.fault_actions import FaultActions
from gui.targets.model_dialogs import ModelDialogs
from gui.targets.saved import chosen_target, moved_into_store, saved_name

__all__ = [
    "FaultActions",
    "ModelDialogs",
    "TargetController",
    "TargetDialogs",
    "TargetEngine",
    "chosen_target",
    "moved_into_store",
    "saved_name",
]
