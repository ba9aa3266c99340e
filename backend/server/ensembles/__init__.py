"""Ensembles."""

from backend.server.ensembles.run import Models
from backend.server.ensembles.scheduler import EnsembleScheduler

__all__ = ["EnsembleScheduler", "Models"]
