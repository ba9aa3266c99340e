"""Requests to models that are made of others, step by step through the data plane."""

from backend.server.ensembles.run import Models
from backend.server.ensembles.scheduler import EnsembleScheduler

__all__ = ["EnsembleScheduler", "Models"]
