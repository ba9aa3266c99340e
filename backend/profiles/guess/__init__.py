"""Guess."""

from backend.profiles.guess.facts import ModelFacts
from backend.profiles.guess.whole import Alternative, guess

__all__ = ["Alternative", "ModelFacts", "guess"]
