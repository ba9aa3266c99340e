"""Targets in the window: who they are, what they offer, and how their models are fed."""

from gui.targets.catalogue import TargetCatalogue
from gui.targets.controller import TargetController
from gui.targets.engine import TargetEngine, TargetResolver
from gui.targets.feature import TargetFeature
from gui.targets.model_offers import guess_in_words
from gui.targets.saved import SavedTargets, chosen_target, moved_into_store, saved_name

__all__ = [
    "SavedTargets",
    "TargetCatalogue",
    "TargetController",
    "TargetEngine",
    "TargetFeature",
    "TargetResolver",
    "chosen_target",
    "guess_in_words",
    "moved_into_store",
    "saved_name",
]
