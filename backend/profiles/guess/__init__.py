"""A profile for a model that nobody has described, with the reasons."""

from backend.profiles.guess.facts import ModelFacts
from backend.profiles.guess.whole import Alternative, guess

__all__ = ["Alternative", "ModelFacts", "guess"]
