"""Models that are made of others: checked, planned, and served as one."""

from backend.models.runtimes.ensemble.loader import EnsembleRuntime, EnsembleServable
from backend.models.runtimes.ensemble.plan import Level, Step, steps_of

__all__ = ["EnsembleRuntime", "EnsembleServable", "Level", "Step", "steps_of"]
